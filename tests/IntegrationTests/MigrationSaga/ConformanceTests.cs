using System.Text.Json;
using System.Text.Json.Nodes;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.MigrationSaga.Record;
using HvPlatform.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace HvPlatform.IntegrationTests.MigrationSaga;

/// <summary>
/// The real service (MassTransit's state machine, the saga's row, the outbox, the bus) is told what recorded migrations were told, at the same instants, and must
/// be in the same states and say the same as the pure decisions.
/// </summary>
public sealed class ConformanceTests
{
    // The recordings' instants are in the past; a timer that the outbox holds for one of them must not fire by itself.
    static readonly TimeSpan Shift = TimeSpan.FromDays(365 * 100);

    [Theory]
    [InlineData("inmemory")]
    [InlineData("rabbitmq")]
    public async Task The_state_machine_does_what_the_decisions_say(string transport)
    {
        foreach (var alike in Recordings().GroupBy(r => r.Timings))
        {
            await ConformAsync(transport, [.. alike]);
        }
    }

    static async Task ConformAsync(string transport, List<MigrationRecording> recordings)
    {
        var begun = recordings.SelectMany(r => r.Inputs).Where(i => i.Type == nameof(BeginMigration)).Select(i => i.Body.Deserialize<BeginMigration>(HvJson.Options)!);
        var capture = new SagaCapture([.. begun.SelectMany(b => new[] { b.SourceHostId, b.DestinationHostId }).Distinct()]);
        var clock = new Clock();
        await using var host = await TestHost.StartAsync(
            await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(),
            transport == "inmemory" ? transport : (await (await RabbitServer.SharedAsync()).CreateVirtualHostAsync()).ToString(),
            [MigrationSagaModule.Create(), capture.Module],
            builder =>
            {
                builder.Services.AddKeyedSingleton<TimeProvider>(MigrationSagaModule.Schema, clock);
                builder.Services.AddSingleton(recordings[0].Timings);
            });
        await using var connection = await host.Database(MigrationSagaModule.Schema).DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);

        foreach (var recording in recordings)
        {
            await PlayAsync(recording, host, clock, connection);
            await CompareAsync(recording, connection, capture);
        }
    }

    [Fact]
    public async Task A_cancel_and_its_migration_in_either_order_end_rolled_back_and_the_record_replays()
    {
        var completed = Recordings().First(r => r.Title == "completed");
        var begun = completed.Inputs[0].Body.Deserialize<BeginMigration>(HvJson.Options)!;
        var capture = new SagaCapture([begun.SourceHostId, begun.DestinationHostId]);
        var clock = new Clock();
        await using var host = await TestHost.StartAsync(
            await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), "inmemory", [MigrationSagaModule.Create(), capture.Module],
            builder => builder.Services.AddKeyedSingleton<TimeProvider>(MigrationSagaModule.Schema, clock));
        await using var connection = await host.Database(MigrationSagaModule.Schema).DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);

        foreach (var cancelFirst in new[] { true, false })
        {
            var operation = OperationId.New();
            var begin = Message(completed.Inputs[0], operation);
            var cancel = new CancelMigrationRequested { OperationId = operation, Trail = ((BeginMigration)begin).Trail };
            object[] inputs = cancelFirst ? [cancel, cancel, begin] : [begin, cancel, cancel];
            foreach (var (input, i) in inputs.Select((m, i) => (m, i)))
            {
                clock.Now = completed.Inputs[0].At + Shift;
                await SendAsync(host, input, operation);
                await UntilDecidedAsync(connection, operation, i + 1);
            }

            var recorded = (await MigrationRecords.ReadAsync(connection, operation, TestContext.Current.CancellationToken))!;
            Assert.Equal(MigrationPhase.RolledBack, recorded.Decisions[^1].Phase);
            Assert.Equal("RolledBack", await StateAsync(connection, operation));
            Assert.True(MigrationReplay.Run(recorded).Matches);
        }
    }

    static List<MigrationRecording> Recordings() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests/UnitTests/MigrationSaga/Corpus"), "*.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(f => RecordingFile.Parse(File.ReadAllText(f)))

            // Each is played as a migration of its own, however often it was recorded.
            .Select(r => r with { Operation = OperationId.New() }),
    ];

    static async Task PlayAsync(MigrationRecording recording, TestHost host, Clock clock, NpgsqlConnection connection)
    {
        foreach (var (input, i) in recording.Inputs.Select((m, i) => (m, i)))
        {
            clock.Now = input.At + Shift;
            var message = Message(input, recording.Operation);
            await SendAsync(host, message, recording.Operation);
            await UntilDecidedAsync(connection, recording.Operation, i + 1);
        }
    }

    static async Task CompareAsync(MigrationRecording recording, NpgsqlConnection connection, SagaCapture capture)
    {
        Migration? state = null;
        var effects = new List<Effect>();
        var decisions = new List<RecordedDecision>();
        foreach (var input in recording.Inputs)
        {
            var decision = MigrationDecisions.Decide(state, Message(input, recording.Operation), input.At + Shift, recording.Timings);
            state = decision.State;
            effects.AddRange(decision.Effects);
            decisions.Add(DecisionText.Record(decision));
        }

        var recorded = (await MigrationRecords.ReadAsync(connection, recording.Operation, TestContext.Current.CancellationToken))!;
        Assert.Equal(decisions.Select(d => (d.Phase, d.Digest)), recorded.Decisions.Select(d => (d.Phase, d.Digest)));
        Assert.Equal(state!.Phase.ToString(), await StateAsync(connection, recording.Operation));
        Assert.True(MigrationReplay.Run(recorded).Matches, recording.Title);

        var expected = SagaCapture.Expected(effects);
        await Eventually.Until(() => capture.Of(recording.Operation).Sum(p => p.Value.Count) >= expected.Sum(p => p.Value.Count), $"all messages of '{recording.Title}' have come");
        Assert.Equal(expected, capture.Of(recording.Operation));

        var armed = effects.OfType<ArmTimer>().LastOrDefault();
        Assert.Equal(state.IsOver ? null : armed?.DueAt, await TimerAsync(connection, recording.Operation));
    }

    /// <summary>The recorded message, for another operation.</summary>
    static object Message(RecordedInput input, OperationId operation)
    {
        var body = JsonNode.Parse(input.Body.GetRawText())!;
        body["operationId"] = operation.ToString();
        return body.Deserialize(MigrationDecisions.Inputs.Single(t => t.Name == input.Type), HvJson.Options)!;
    }

    static async Task SendAsync(TestHost host, object message, OperationId operation)
    {
        await using var transaction = await host.Database(MigrationSagaModule.Schema).BeginAsync(TestContext.Current.CancellationToken);
        transaction.Send(Queues.MigrationSaga, message, operation.Value);
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
    }

    static Task UntilDecidedAsync(NpgsqlConnection connection, OperationId operation, int inputs) => Eventually.Until(
        async () => Convert.ToInt32(await ScalarAsync(connection, "select count(*) from migration_inputs where operation_id = $1", operation)) >= inputs,
        $"input {inputs} of {operation} is decided on");

    static async Task<string?> StateAsync(NpgsqlConnection connection, OperationId operation) =>
        (string?)await ScalarAsync(connection, "select current_state from sagas_migrate_vm where correlation_id = $1", operation);

    static async Task<DateTimeOffset?> TimerAsync(NpgsqlConnection connection, OperationId operation) =>
        await ScalarAsync(connection, "select due_at from outbox where token = $1", operation) is DateTime due ? new DateTimeOffset(due) : null;

    static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, OperationId operation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = operation.Value } } };
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
