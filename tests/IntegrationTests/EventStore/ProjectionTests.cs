using HvPlatform.Events;
using Npgsql;
using NpgsqlTypes;
using Xunit;

namespace HvPlatform.IntegrationTests.Events;

public sealed class ProjectionTests : EventStoreTest
{
    readonly VmNames _names = new();

    async Task<EventStore> StoreWithReadModelAsync(params IProjection[] projections)
    {
        await using var create = Source.CreateCommand("CREATE TABLE vm_names (vm_id uuid PRIMARY KEY, name text NOT NULL, renames int NOT NULL, version bigint, seq bigint, at timestamptz)");
        await create.ExecuteNonQueryAsync();
        return new EventStore(Source, Types, projections.Length == 0 ? [_names] : projections);
    }

    Task<List<string>> RowsAsync() => LinesAsync("SELECT concat_ws('|', vm_id, name, renames, version, seq, at) FROM vm_names ORDER BY vm_id");

    [Fact]
    public async Task The_read_model_is_there_when_the_append_returns_and_a_rebuild_gives_the_same()
    {
        await using var store = await StoreWithReadModelAsync();
        var random = new Random(7);
        var streams = Enumerable.Range(0, 40).Select(_ => Guid.NewGuid()).ToArray();
        await store.AppendAsync([.. streams.Select(s => Append(s, 0, new VmDiscovered("new", 1)))]);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i =>
        {
            var append = Append(streams[random.Next(streams.Length)], null, new VmRenamed($"n{i}"), new Note("not wanted"), new VmRenamed($"m{i}"));
            return i % 5 == 0 ? store.AppendAsync([append]) : (Task)store.AppendAsync(append);
        }));

        var live = await RowsAsync();
        Assert.Equal(40, live.Count);
        Assert.Equal(600, await ScalarAsync<long>("SELECT sum(renames) FROM vm_names"));
        var reported = new List<long>();
        Assert.Equal(640, await store.RebuildAsync(_names, new Reporter(reported)));
        Assert.Equal(live, await RowsAsync());
        Assert.Equal([640], reported);
        Assert.Equal(await ScalarAsync<long>("SELECT max(seq_id) FROM mt_events WHERE type <> 'note'"), await ScalarAsync<long>("SELECT last_seq_id FROM mt_event_progression WHERE name = 'vm_names'"));
    }

    [Fact]
    public async Task A_rebuild_reads_many_pages_and_repairs_a_damaged_read_model()
    {
        await using var store = await StoreWithReadModelAsync();
        var streams = Enumerable.Range(0, 3000).Select(_ => Guid.NewGuid()).ToArray();
        await store.AppendAsync([.. streams.Select(s => Append(s, 0, new VmDiscovered("new", 1)))]);
        await store.AppendAsync([.. streams.Select((s, i) => Append(s, 1, new VmRenamed($"a{i}"), new VmRenamed($"b{i}")))]);
        var live = await RowsAsync();
        await ScalarAsync<int>("WITH d AS (DELETE FROM vm_names WHERE name LIKE '%7' RETURNING 1), u AS (UPDATE vm_names SET name = 'wrong' WHERE name LIKE '%8' RETURNING 1) SELECT 1");
        Assert.NotEqual(live, await RowsAsync());
        Assert.Equal(9000, await store.RebuildAsync(_names));
        Assert.Equal(live, await RowsAsync());
    }

    [Fact]
    public async Task A_refused_append_leaves_the_read_model_alone()
    {
        await using var store = await StoreWithReadModelAsync();
        var stream = Guid.NewGuid();
        await store.AppendAsync(Append(stream, 0, new VmDiscovered("kept", 1)));
        await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => store.AppendAsync(Append(stream, 0, new VmRenamed("lost"))));
        await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => store.AppendAsync([Append(stream, 1, new VmRenamed("lost")), Append(stream, 1, new VmRenamed("lost"))]));
        Assert.Contains("|kept|0|1|", Assert.Single(await RowsAsync()));
    }

    [Fact]
    public async Task A_projection_that_fails_takes_its_append_with_it_and_no_other()
    {
        await using var store = await StoreWithReadModelAsync();
        var (good, bad) = (Guid.NewGuid(), Guid.NewGuid());
        await store.AppendAsync([Append(good, 0, new VmDiscovered("g", 1)), Append(bad, 0, new VmDiscovered("b", 1))]);
        await using (var constraint = Source.CreateCommand("ALTER TABLE vm_names ADD CHECK (name <> 'forbidden')"))
        {
            await constraint.ExecuteNonQueryAsync();
        }

        var (connection, transaction) = await AppendAndStayOpenAsync(Append(Guid.NewGuid(), 0, new Note("in the way")));
        var refused = store.AppendAsync(Append(bad, 1, new VmRenamed("forbidden")));
        var accepted = store.AppendAsync(Append(good, 1, new VmRenamed("fine")));
        await transaction.CommitAsync();
        await connection.DisposeAsync();

        Assert.Equal(PostgresErrorCodes.CheckViolation, (await Assert.ThrowsAsync<PostgresException>(() => refused)).SqlState);
        Assert.Equal(2, (await accepted).Version);
        Assert.Equal(1, (await Store.GetStreamAsync(bad))!.Version);
    }

    [Fact]
    public async Task A_rebuild_that_breaks_off_leaves_the_old_read_model()
    {
        await using var store = await StoreWithReadModelAsync();
        await store.AppendAsync([.. Enumerable.Range(0, 6000).Select(_ => Append(Guid.NewGuid(), 0, new VmDiscovered("x", 1)))]);
        var before = await RowsAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.RebuildAsync(new VmNames { FailAfterPages = 1 }));
        Assert.Equal(before, await RowsAsync());
        await store.AppendAsync(Append(Guid.NewGuid(), 0, new VmDiscovered("after", 1)));
        Assert.Equal(6001, await store.RebuildAsync(_names));
    }

    [Fact]
    public async Task Appends_during_a_rebuild_wait_and_are_in_the_read_model_after_it()
    {
        await using var store = await StoreWithReadModelAsync();
        await store.AppendAsync([.. Enumerable.Range(0, 6000).Select(_ => Append(Guid.NewGuid(), 0, new VmDiscovered("x", 1)))]);
        var stream = Guid.NewGuid();
        Task<AppendResult>? during = null;
        await store.RebuildAsync(_names, new Reporter(_ => during ??= store.AppendAsync(Append(stream, 0, new VmDiscovered("during", 1)))));
        await during!;
        Assert.Equal("during", await ScalarAsync<string>($"SELECT name FROM vm_names WHERE vm_id = '{stream}'"));
        var live = await RowsAsync();
        await store.RebuildAsync(_names);
        Assert.Equal(live, await RowsAsync());
    }

    [Fact]
    public async Task In_another_transaction_the_append_and_its_read_model_are_one_batch()
    {
        var names = new VmNames { Positions = false };
        await using var store = await StoreWithReadModelAsync(names);
        var stream = Guid.NewGuid();
        await using (var connection = await Source.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        await using (var batch = new NpgsqlBatch(connection, transaction))
        {
            foreach (var command in store.CreateAppendCommands([Append(stream, 0, new VmDiscovered("a", 1), new VmRenamed("b"))]))
            {
                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync();
            Assert.Empty(await RowsAsync());
            await transaction.CommitAsync();
        }

        var live = await RowsAsync();
        Assert.Equal([$"{stream}|b|1|2"], live);
        await store.RebuildAsync(names);
        Assert.Equal(live, await RowsAsync());
    }

    [Fact]
    public async Task Positions_that_are_not_known_yet_cannot_be_read_by_mistake()
    {
        await using var store = await StoreWithReadModelAsync();
        var error = Assert.Throws<InvalidOperationException>(() => store.CreateAppendCommands([Append(Guid.NewGuid(), 0, new VmDiscovered("a", 1))]));
        Assert.Contains(nameof(StoredEvent.Seq), error.Message);
    }

    sealed class Reporter(Action<long> report) : IProgress<long>
    {
        internal Reporter(List<long> into) : this(into.Add)
        {
        }

        public void Report(long value) => report(value);
    }

    /// <summary>The names of VMs, set-based: of a page only the last name of each VM is written.</summary>
    sealed class VmNames : IProjection
    {
        int _pages;

        internal int? FailAfterPages { get; init; }

        internal bool Positions { get; init; } = true;

        public string Name => "vm_names";

        public IReadOnlyCollection<string> Types { get; } = ["vm_discovered", "vm_renamed"];

        public void Reset(IList<NpgsqlBatchCommand> commands) => commands.Add(new NpgsqlBatchCommand("DELETE FROM vm_names"));

        public void Apply(IReadOnlyList<StoredEvent> events, IList<NpgsqlBatchCommand> commands)
        {
            if (FailAfterPages is { } limit && _pages++ >= limit)
            {
                throw new InvalidOperationException("The projection broke off.");
            }

            var last = new Dictionary<Guid, (string Name, int Renames, StoredEvent Event)>();
            foreach (var e in events)
            {
                var renames = last.TryGetValue(e.StreamId, out var row) ? row.Renames : 0;
                last[e.StreamId] = e.Data switch
                {
                    VmDiscovered d => (d.Name, renames, e),
                    VmRenamed r => (r.NewName, renames + 1, e),
                    var other => throw new InvalidOperationException($"{other} was not asked for."),
                };
            }

            var command = new NpgsqlBatchCommand("""
                INSERT INTO vm_names AS n SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT (vm_id) DO UPDATE
                SET name = excluded.name, renames = n.renames + excluded.renames, version = excluded.version, seq = excluded.seq, at = excluded.at
                """);
            Add(NpgsqlDbType.Uuid, last.Keys);
            Add(NpgsqlDbType.Text, last.Values.Select(v => v.Name));
            Add(NpgsqlDbType.Integer, last.Values.Select(v => v.Renames));
            Add(NpgsqlDbType.Bigint, last.Values.Select(v => v.Event.Version));
            Add(NpgsqlDbType.Bigint, last.Values.Select(v => Positions ? v.Event.Seq : (long?)null));
            Add(NpgsqlDbType.TimestampTz, last.Values.Select(v => Positions ? v.Event.Timestamp.UtcDateTime : (DateTime?)null));
            commands.Add(command);

            void Add<T>(NpgsqlDbType type, IEnumerable<T> values) => command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values.ToArray() });
        }
    }
}
