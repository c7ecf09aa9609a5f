using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga;
using HvPlatform.MigrationSaga.Record;
using HvPlatform.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace HvPlatform.IntegrationTests.MigrationSaga;

public sealed class UpkeepTests
{
    static readonly HostId s_source = new(Guid.NewGuid());
    static readonly HostId s_destination = new(Guid.NewGuid());

    static async Task<TestHost> StartAsync(Dictionary<string, string?> settings) => await TestHost.StartAsync(
        await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), "inmemory", [MigrationSagaModule.Create(), new SagaCapture([s_source, s_destination]).Module],
        builder => builder.Configuration.AddInMemoryCollection(settings));

    static async Task<OperationId> BeginAsync(TestHost host)
    {
        var begin = new BeginMigration
        {
            OperationId = OperationId.New(),
            VmId = new VmId(Guid.NewGuid()),
            VmName = "web-1",
            SourceHostId = s_source,
            DestinationHostId = s_destination,
            Epoch = 1,
            Policy = new MigrationPolicy(),
            Trail = new Trail { RequestedBy = "test", RequestedAt = TimeProvider.System.GetUtcNow() },
        };
        await SendAsync(host, begin, begin.OperationId);
        await Eventually.Until(async () => await CountAsync(host, "migration_inputs where operation_id = $1", begin.OperationId) == 1, "the migration has begun");
        return begin.OperationId;
    }

    static async Task SendAsync(TestHost host, object message, OperationId operation)
    {
        await using var transaction = await host.Database(MigrationSagaModule.Schema).BeginAsync(TestContext.Current.CancellationToken);
        transaction.Send(Queues.MigrationSaga, message, operation.Value);
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
    }

    static async Task<int> CountAsync(TestHost host, string from, OperationId operation) => Convert.ToInt32(await ExecuteAsync(host, $"select count(*) from {from}", operation));

    static async Task<object?> ExecuteAsync(TestHost host, string sql, OperationId operation)
    {
        await using var command = host.Database(MigrationSagaModule.Schema).DataSource.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = operation.Value });
        return await command.ExecuteScalarAsync();
    }

    [Fact]
    public async Task A_migration_whose_timer_was_lost_goes_on()
    {
        await using var host = await StartAsync(new() { ["MigrationSaga:SweepSeconds"] = "1", ["MigrationSaga:TimerLostAfterSeconds"] = "0" });
        var operation = await BeginAsync(host);

        // As after it had gone to the error queue and was deleted there.
        await ExecuteAsync(host, "delete from outbox where token = $1 returning 1", operation);

        await Eventually.Until(async () => await CountAsync(host, "migration_inputs where operation_id = $1 and type = 'MigrationTimerElapsed'", operation) > 0, "the timer has come after all", 30);
    }

    [Fact]
    public async Task Ended_migrations_and_their_records_are_forgotten_after_their_time_and_open_ones_never()
    {
        await using var host = await StartAsync(new() { ["MigrationSaga:RetentionDays"] = "7" });
        var (open, old, young) = (await BeginAsync(host), await BeginAsync(host), await BeginAsync(host));
        foreach (var operation in new[] { old, young })
        {
            await SendAsync(host, new CancelMigrationRequested { OperationId = operation, Trail = new Trail { RequestedBy = "test", RequestedAt = TimeProvider.System.GetUtcNow() } }, operation);
            await Eventually.Until(async () => await CountAsync(host, "sagas_migrate_vm where correlation_id = $1 and current_state = 'RolledBack'", operation) == 1, "it has ended");
        }

        foreach (var (operation, days) in new[] { (open, 8), (old, 8), (young, 6) })
        {
            await ExecuteAsync(host, $"update sagas_migrate_vm set updated_at = now() - interval '{days} days' where correlation_id = $1", operation);
        }

        await host.Services.GetRequiredService<Upkeep>().PruneAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, await CountAsync(host, "sagas_migrate_vm where correlation_id = $1", open));
        Assert.Equal(0, await CountAsync(host, "sagas_migrate_vm where correlation_id = $1", old));
        Assert.Equal(1, await CountAsync(host, "sagas_migrate_vm where correlation_id = $1", young));
        Assert.Equal(0, await CountAsync(host, "migration_inputs where operation_id = $1", old));
        Assert.Equal(2, await CountAsync(host, "migration_inputs where operation_id = $1", young));
        await using var connection = await host.Database(MigrationSagaModule.Schema).DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);
        Assert.Null(await MigrationRecords.ReadAsync(connection, old, TestContext.Current.CancellationToken));
    }
}
