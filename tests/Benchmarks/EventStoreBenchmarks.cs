using System.Diagnostics;
using HvPlatform.Events;
using HvPlatform.TestKit;
using Npgsql;

namespace HvPlatform.Benchmarks;

/// <summary>
/// The event store against pgbench on the same server. Figures of one machine are compared by their ratio, and the two sides take turns,
/// so that a busy machine slows both: each line is the median of the rounds' ratios with the values of that round.
/// </summary>
static class EventStoreBenchmarks
{
    const int Rounds = 3;
    const int Seconds = 3;
    const string Json = """{"vmId":"3f2504e0-4f89-11d3-9a0c-0305e82c3301","name":"web-01","hostId":"3f2504e0-4f89-11d3-9a0c-0305e82c3302","vCpus":4,"memoryMiB":4096,"state":"Running"}""";

    static readonly EventTypes s_types = new EventTypes().Add<BenchVmStarted>();
    static readonly NewEvent s_event = new(new BenchVmStarted(Guid.Parse("3f2504e0-4f89-11d3-9a0c-0305e82c3301"), "web-01", Guid.Parse("3f2504e0-4f89-11d3-9a0c-0305e82c3302"), 4, 4096, "Running"));
    static readonly NewEvent[] s_hundred = [.. Enumerable.Repeat(s_event, 100)];

    internal static async Task RunAsync(BenchReport report)
    {
        var server = await PostgresServer.SharedAsync();
        var settings = new NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync()) { SearchPath = "inventory", NoResetOnClose = true, MaxPoolSize = 60 };
        await using var source = NpgsqlDataSource.Create(settings);
        await ExecuteAsync(source, "CREATE SCHEMA inventory");
        await EventStoreSchema.ApplyAsync(source);
        await ExecuteAsync(source, "CREATE TABLE single_row (id uuid PRIMARY KEY, data jsonb NOT NULL)");
        var pgbench = EventStorePgbench.Find(settings.ConnectionString);
        if (pgbench is null)
        {
            Console.WriteLine("pgbench is not installed (Debian: package postgresql-contrib or postgresql): figures come without their comparison.");
        }

        await using var store = new EventStore(source, s_types);
        await AppendOneAsync(store, 8, seconds: 2);
        await WriteAsync(report, store, source, pgbench);
        await EventStoreReadBenchmarks.RunAsync(report, store, source, pgbench);
    }

    static async Task WriteAsync(BenchReport report, EventStore store, NpgsqlDataSource source, EventStorePgbench? pgbench)
    {
        const string single = $"INSERT INTO single_row (id, data) VALUES (gen_random_uuid(), '{Json}');";
        // Inserts into the same tables without taking turns: fast, and what a follower would miss events of.
        const string plain = $"""
            WITH s AS (INSERT INTO mt_streams (id, type, version) VALUES (gen_random_uuid(), 'vm', 1) RETURNING id) INSERT INTO mt_events (seq_id, id, stream_id, version, data, type, timestamp) SELECT nextval('mt_events_sequence'), gen_random_uuid(), id, 1, '{Json}', 'bench_vm_started', now() FROM s;
            """;
        const string hundred = $"INSERT INTO single_row (id, data) SELECT gen_random_uuid(), '{Json}' FROM generate_series(1, 100);";
        foreach (var (clients, yardstick) in new[] { (1, "plain SQL 0.65, Marten 0.35"), (8, "plain SQL 0.72, Marten 0.19"), (32, "plain SQL 0.64, Marten 0.17") })
        {
            await CompareAsync(report, $"append 1 event to a new stream, {clients} writers", "commits/s", "pgbench single-row insert",
                () => AppendOneAsync(store, clients, Seconds), pgbench is null ? null : () => pgbench.RunAsync(single, clients, Seconds), $"ratio ≥ 0.6; {yardstick}");
        }

        if (pgbench is not null)
        {
            foreach (var clients in new[] { 1, 8, 32 })
            {
                await CompareAsync(report, $"(plain SQL in the same tables, unordered, {clients} clients)", "commits/s", "pgbench single-row insert",
                    () => pgbench.RunAsync(plain, clients, Seconds), () => pgbench.RunAsync(single, clients, Seconds), null);
            }
        }

        Func<Task<double>>? rows = pgbench is null ? null : async () => 100 * await pgbench.RunAsync(hundred, 8, Seconds);
        await CompareAsync(report, "append 100 events, a transaction each, 8 writers", "events/s", "pgbench 100-row insert",
            () => LoopAsync(8, Seconds, async () => await store.AppendAsync([New(s_hundred)]), 100), rows, "≥ 100000; Marten 62600");
        await CompareAsync(report, "append 100 events, transactions shared, 8 writers", "events/s", "pgbench 100-row insert",
            () => LoopAsync(8, Seconds, async () => await store.AppendAsync(New(s_hundred)), 100), rows, "≥ 100000");
        await CompareAsync(report, "append 1 event inside another transaction, 8 writers", "commits/s", "pgbench single-row insert",
            () => LoopAsync(8, Seconds, () => AppendInsideAsync(store, source), 1), pgbench is null ? null : () => pgbench.RunAsync(single, 8, Seconds), null);
    }

    static StreamAppend New(IReadOnlyList<NewEvent> events) => new() { StreamId = Guid.NewGuid(), StreamType = "vm", ExpectedVersion = 0, Events = events };

    static Task<double> AppendOneAsync(EventStore store, int writers, int seconds) => LoopAsync(writers, seconds, async () => await store.AppendAsync(New([s_event])), 1);

    static async Task AppendInsideAsync(EventStore store, NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { store.CreateAppendCommand([New([s_event])]) } };
        await batch.PrepareAsync();
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    /// <summary>How many units per second so many workers get through.</summary>
    internal static async Task<double> LoopAsync(int workers, int seconds, Func<Task> work, int units)
    {
        var clock = Stopwatch.StartNew();
        var done = await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            var count = 0L;
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                await work();
                count += units;
            }

            return count;
        })));
        return done.Sum() / clock.Elapsed.TotalSeconds;
    }

    internal static async Task CompareAsync(
        BenchReport report, string name, string unit, string comparedWith, Func<Task<double>> ours, Func<Task<double>>? raw, string? aim)
    {
        var rounds = new List<(double Ours, double? Raw)>();
        for (var i = 0; i < Rounds; i++)
        {
            rounds.Add((await ours(), raw is null ? null : await raw()));
        }

        var (value, compared) = rounds.OrderBy(r => r.Ours / (r.Raw ?? 1)).ElementAt(Rounds / 2);
        report.Line(name, value, unit, compared is null ? null : comparedWith, compared, aim);
    }

    internal static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 120;
        await command.ExecuteNonQueryAsync();
    }
}

sealed record BenchVmStarted(Guid VmId, string Name, Guid HostId, int VCpus, long MemoryMiB, string State);
