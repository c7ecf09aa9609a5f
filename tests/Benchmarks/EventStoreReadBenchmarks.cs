using System.Diagnostics;
using HvPlatform.Events;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Benchmarks;

/// <summary>Reading streams, following all events and rebuilding a read model, over 1,000 streams of 100 events.</summary>
static class EventStoreReadBenchmarks
{
    const int Streams = 1000;
    const int Seconds = 3;

    static readonly Guid[] s_streams = [.. Enumerable.Range(0, Streams).Select(_ => Guid.NewGuid())];

    internal static async Task RunAsync(BenchReport report, EventStore store, NpgsqlDataSource source, EventStorePgbench? pgbench)
    {
        await PrepareAsync(store, source);
        const string script = """
            \set k random(1, 1000)
            SELECT seq_id, id, version, type, timestamp, data FROM mt_events WHERE stream_id = (SELECT id FROM bench_streams WHERE n = :k) ORDER BY version;
            """;
        Func<Task<double>>? raw = pgbench is null ? null : () => pgbench.RunAsync(script, 8, Seconds);
        foreach (var (readers, withData, aim) in new (int, bool, string?)[] { (1, true, "Marten 1710"), (8, true, "≥ 6000; Marten 3050"), (8, false, null) })
        {
            await EventStoreBenchmarks.CompareAsync(report, $"read a 100-event stream, {(withData ? "objects" : "raw JSON")}, {readers} readers", "streams/s", "pgbench SELECT of it, 8 clients",
                () => EventStoreBenchmarks.LoopAsync(readers, Seconds, () => ReadOneAsync(store, withData), 1), raw, aim);
        }

        await EventStoreBenchmarks.CompareAsync(report, "follow all 100,000 events from zero", "events/s", "COPY of the same columns",
            () => TimedAsync(() => FollowAsync(store)), () => TimedAsync(() => CopyAsync(source)), null);

        var projection = new BenchVmStates();
        await EventStoreBenchmarks.CompareAsync(report, "rebuild a read model from 100,000 events", "events/s", "INSERT … SELECT in the server",
            () => TimedAsync(async () => await store.RebuildAsync(projection)), () => TimedAsync(() => RebuildInServerAsync(source)), "≥ 100000; Marten 28000–109000");
    }

    static async Task PrepareAsync(EventStore store, NpgsqlDataSource source)
    {
        await EventStoreBenchmarks.ExecuteAsync(source, "TRUNCATE mt_events, mt_streams, single_row");
        await EventStoreBenchmarks.ExecuteAsync(source, """
            CREATE TABLE bench_streams (n int PRIMARY KEY, id uuid NOT NULL);
            CREATE TABLE bench_vms (vm_id uuid PRIMARY KEY, name text NOT NULL, state text NOT NULL, memory_mib bigint NOT NULL, version bigint NOT NULL, seq bigint NOT NULL);
            """);

        // Ten events of every stream at a time, so that a stream lies scattered over ten places as it would in use.
        for (var round = 0; round < 10; round++)
        {
            foreach (var page in s_streams.Chunk(100))
            {
                await store.AppendAsync([.. page.Select(s => new StreamAppend { StreamId = s, StreamType = "vm", ExpectedVersion = round * 10, Events = Events(s, round) })]);
            }
        }

        await using (var fill = source.CreateCommand("INSERT INTO bench_streams SELECT row_number() OVER (), id FROM mt_streams"))
        {
            await fill.ExecuteNonQueryAsync();
        }

        await EventStoreBenchmarks.ExecuteAsync(source, "VACUUM ANALYZE");
    }

    static NewEvent[] Events(Guid stream, int round) =>
        [.. Enumerable.Range(0, 10).Select(i => new NewEvent(new BenchVmStarted(stream, $"vm-{round}-{i}", Guid.NewGuid(), 4, 4096, "Running")))];

    static async Task ReadOneAsync(EventStore store, bool withData)
    {
        var count = 0;
        await foreach (var e in store.ReadStreamAsync(s_streams[Random.Shared.Next(Streams)]))
        {
            count += !withData || e.Data is BenchVmStarted ? 1 : 0;
        }

        if (count != 100)
        {
            throw new InvalidOperationException($"A stream of 100 events was read as {count}.");
        }
    }

    static async Task<double> TimedAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return Streams * 100 / clock.Elapsed.TotalSeconds;
    }

    static async Task FollowAsync(EventStore store)
    {
        var count = 0;
        await foreach (var e in store.TailAsync(0))
        {
            if (++count == Streams * 100)
            {
                return;
            }
        }
    }

    static async Task CopyAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var copy = await connection.BeginRawBinaryCopyAsync(
            "COPY (SELECT seq_id, id, stream_id, version, type, timestamp, correlation_id, causation_id, headers, data FROM mt_events ORDER BY seq_id) TO STDOUT (FORMAT binary)");
        var buffer = new byte[64 * 1024];
        while (await copy.ReadAsync(buffer, CancellationToken.None) > 0)
        {
        }
    }

    static Task RebuildInServerAsync(NpgsqlDataSource source) => EventStoreBenchmarks.ExecuteAsync(source, """
        BEGIN; DELETE FROM bench_vms;
        INSERT INTO bench_vms SELECT DISTINCT ON (stream_id) stream_id, data ->> 'name', data ->> 'state', (data ->> 'memoryMiB')::bigint, version, seq_id
        FROM mt_events WHERE type = 'bench_vm_started' ORDER BY stream_id, version DESC; COMMIT
        """);

    /// <summary>The last known state of each VM.</summary>
    sealed class BenchVmStates : IProjection
    {
        public string Name => "bench_vms";

        public IReadOnlyCollection<string> Types { get; } = ["bench_vm_started"];

        public void Reset(IList<NpgsqlBatchCommand> commands) => commands.Add(new NpgsqlBatchCommand("DELETE FROM bench_vms"));

        public void Apply(IReadOnlyList<StoredEvent> events, IList<NpgsqlBatchCommand> commands)
        {
            var rows = new Dictionary<Guid, (BenchVmStarted Data, StoredEvent Event)>();
            foreach (var e in events)
            {
                rows[e.StreamId] = ((BenchVmStarted)e.Data, e);
            }

            var command = new NpgsqlBatchCommand("""
                INSERT INTO bench_vms SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT (vm_id) DO UPDATE
                SET name = excluded.name, state = excluded.state, memory_mib = excluded.memory_mib, version = excluded.version, seq = excluded.seq
                """);
            Add(NpgsqlDbType.Uuid, rows.Keys);
            Add(NpgsqlDbType.Text, rows.Values.Select(r => r.Data.Name));
            Add(NpgsqlDbType.Text, rows.Values.Select(r => r.Data.State));
            Add(NpgsqlDbType.Bigint, rows.Values.Select(r => r.Data.MemoryMiB));
            Add(NpgsqlDbType.Bigint, rows.Values.Select(r => r.Event.Version));
            Add(NpgsqlDbType.Bigint, rows.Values.Select(r => r.Event.Seq));
            commands.Add(command);

            void Add<T>(NpgsqlDbType type, IEnumerable<T> values) => command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values.ToArray() });
        }
    }
}
