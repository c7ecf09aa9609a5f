using System.Text.Json.Nodes;
using HvPlatform.Events;
using Npgsql;
using Xunit;

namespace HvPlatform.IntegrationTests.Events;

public sealed class AppendTests : EventStoreTest
{
    [Fact]
    public async Task Appends_number_events_from_one_and_keep_the_streams_version_current()
    {
        var stream = Guid.NewGuid();
        var first = await Store.AppendAsync(Append(stream, 0, new VmDiscovered("a", 1), new VmRenamed("b")));
        var second = await Store.AppendAsync(Append(stream, null, new VmRenamed("c")));

        Assert.Equal(2, first.Version);
        Assert.Equal(new AppendResult(stream, 3, first.LastSeq + 1), second);
        Assert.Equal([1, 2, 3], (await ReadAsync(stream)).Select(e => e.Version));
        var state = await Store.GetStreamAsync(stream);
        Assert.Equal((stream, "vm", 3L), (state!.Id, state.Type, state.Version));
        Assert.True(state.UpdatedAt > state.CreatedAt);
        Assert.Null(await Store.GetStreamAsync(Guid.NewGuid()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Another_expected_version_than_the_streams_is_a_conflict_and_stores_nothing(long expected)
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, new Note("1"), new Note("2")));

        var single = await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => Store.AppendAsync(Append(stream, expected, new Note("x"))));
        var inList = await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => Store.AppendAsync([Append(stream, expected, new Note("x"))]));

        Assert.Equal((stream, expected, 2L), (single.StreamId, single.Expected, single.Actual));
        Assert.Equal((stream, expected, 2L), (inList.StreamId, inList.Expected, inList.Actual));
        Assert.Equal(2, (await ReadAsync(stream)).Count);
    }

    [Fact]
    public async Task A_list_is_all_or_nothing()
    {
        var (good, bad) = (Guid.NewGuid(), Guid.NewGuid());
        await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => Store.AppendAsync([Append(good, 0, new Note("x")), Append(bad, 7, new Note("x"))]));
        Assert.Equal(0, await ScalarAsync<long>("SELECT (SELECT count(*) FROM mt_events) + (SELECT count(*) FROM mt_streams)"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task An_append_whose_commit_fails_is_not_reported_as_done(int events)
    {
        await using var refuse = Source.CreateCommand("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused at the commit'; END $$;
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON mt_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
            """);
        await refuse.ExecuteNonQueryAsync();
        var append = Append(Guid.NewGuid(), 0, [.. Enumerable.Range(1, events).Select(i => new Note($"{i}"))]);

        var single = await Assert.ThrowsAsync<PostgresException>(() => Store.AppendAsync(append));
        var inList = await Assert.ThrowsAsync<PostgresException>(() => Store.AppendAsync([append]));

        Assert.Contains("refused at the commit", single.MessageText);
        Assert.Contains("refused at the commit", inList.MessageText);
        Assert.Equal(0, await ScalarAsync<long>("SELECT count(*) FROM mt_events"));
    }

    [Fact]
    public async Task An_append_whose_connection_is_lost_at_the_commit_is_not_reported_as_done()
    {
        await using var refuse = Source.CreateCommand("""
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON mt_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
            """);
        await refuse.ExecuteNonQueryAsync();

        // So many that the server sends the row of the result before the commit.
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => Store.AppendAsync([.. Enumerable.Range(0, 3000).Select(_ => Append(Guid.NewGuid(), 0, new Note("x")))]));
        Assert.Equal(0, await ScalarAsync<long>("SELECT count(*) FROM mt_events"));
    }

    [Fact]
    public async Task A_refused_append_burns_no_sequence_number()
    {
        var before = await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("x")));
        await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => Store.AppendAsync([Append(Guid.NewGuid(), 9, new Note("x"))]));
        var after = await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("x")));
        Assert.Equal(before.LastSeq + 1, after.LastSeq);
    }

    [Fact]
    public async Task A_list_may_name_a_stream_twice_and_each_append_sees_the_one_before()
    {
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        var results = await Store.AppendAsync([Append(a, 0, new Note("a1")), Append(b, 0, new Note("b1")), Append(a, 1, new Note("a2"), new Note("a3")), Append(a, null, new Note("a4"))]);

        Assert.Equal([1, 1, 3, 4], results.Select(r => r.Version));
        Assert.Equal(["a1", "a2", "a3", "a4"], (await ReadAsync(a)).Select(e => ((Note)e.Data).Text));
        Assert.Equal(["a1", "b1", "a2", "a3", "a4"], (await Store.ReadAllAsync(0, 10)).Select(e => ((Note)e.Data).Text));
        Assert.Equal(results[3].LastSeq, (await ReadAsync(a))[^1].Seq);
        Assert.Equal(4, (await Store.GetStreamAsync(a))!.Version);
        await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => Store.AppendAsync([Append(b, 1, new Note("b2")), Append(b, 1, new Note("b2 again"))]));
        Assert.Equal(1, (await Store.GetStreamAsync(b))!.Version);
    }

    [Fact]
    public async Task An_append_without_events_is_a_check_only()
    {
        var (guarded, other) = (Guid.NewGuid(), Guid.NewGuid());
        await Store.AppendAsync(Append(guarded, 0, new Note("1")));

        var results = await Store.AppendAsync([Append(guarded, 1), Append(other, 0, new Note("x"))]);
        await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => Store.AppendAsync([Append(guarded, 2), Append(other, 1, new Note("y"))]));

        Assert.Equal(new AppendResult(guarded, 1, 0), results[0]);
        Assert.Single(await ReadAsync(other));
        Assert.Equal(0, (await Store.AppendAsync(Append(Guid.NewGuid(), 0))).Version);
        Assert.Equal(2, await ScalarAsync<long>("SELECT count(*) FROM mt_streams"));
        Assert.Empty(await Store.AppendAsync([]));
    }

    [Fact]
    public async Task Metadata_comes_back_as_given()
    {
        var stream = Guid.NewGuid();
        var at = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(2)).AddTicks(12_345_678);
        await Store.AppendAsync(Append(stream, 0,
            new NewEvent(new Note("x"), at, "operation-1", "message-1", new JsonObject { ["user"] = "ann", ["n"] = 1 }),
            new NewEvent(new Note("y"))));

        var events = await ReadAsync(stream);
        Assert.Equal((new DateTimeOffset(2026, 3, 1, 10, 0, 1, TimeSpan.Zero).AddTicks(2_345_670), "operation-1", "message-1"), (events[0].Timestamp, events[0].CorrelationId, events[0].CausationId));
        Assert.Equal("ann", (string?)events[0].Headers!["user"]);
        Assert.Equal("vm", events[0].StreamType);
        Assert.NotEqual(Guid.Empty, events[0].Id);
        Assert.NotEqual(events[0].Id, events[1].Id);
        Assert.Equal((null, null, null), (events[1].CorrelationId, events[1].CausationId, events[1].Headers));
        Assert.Equal((await Store.GetStreamAsync(stream))!.UpdatedAt, events[1].Timestamp);
    }

    [Theory]
    [InlineData("Zürich – 東京 – 🖥️ – \u200f עברית \"quoted\" \\ back\\u0041slash \t\n")]
    [InlineData("")]
    public async Task Any_text_comes_back_the_same(string text)
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, new NewEvent(new Note(text), CorrelationId: text, Headers: new JsonObject { [text] = text })));
        var e = Assert.Single(await ReadAsync(stream));
        Assert.Equal((text, text, text), (((Note)e.Data).Text, e.CorrelationId, (string?)e.Headers![text]));
    }

    [Fact]
    public async Task Large_events_and_large_lists_come_back_whole()
    {
        var (large, many) = (Guid.NewGuid(), Guid.NewGuid());
        var text = string.Concat(Enumerable.Range(0, 200_000).Select(i => (char)('a' + (i * 7919 % 26)))) + new string('界', 1_000_000);
        await Store.AppendAsync(Append(large, 0, new Note(text)));
        await Store.AppendAsync([Append(many, 0, [.. Enumerable.Range(1, 20_000).Select(i => new Note($"{i}"))])]);

        Assert.Equal(text, ((Note)Assert.Single(await ReadAsync(large)).Data).Text);
        var events = await ReadAsync(many);
        Assert.Equal(Enumerable.Range(1, 20_000).Select(i => $"{i}"), events.Select(e => ((Note)e.Data).Text));
        Assert.Equal(events.Select(e => e.Seq).Order(), events.Select(e => e.Seq));
    }

    [Fact]
    public async Task Bad_input_is_refused_before_anything_is_sent()
    {
        var unregistered = await Assert.ThrowsAsync<ArgumentException>(() => Store.AppendAsync(Append(Guid.NewGuid(), 0, new Version(1, 0))));
        Assert.Contains(".Add<Version>()", unregistered.Message);
        await Assert.ThrowsAsync<ArgumentException>(() => Store.AppendAsync(Append(Guid.Empty, 0, new Note("x"))));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.AppendAsync(Append(Guid.NewGuid(), -1, new Note("x"))));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.AppendAsync([Append(Guid.NewGuid(), 0, new Note("x")) with { StreamType = " " }]));
        Assert.Equal(0, await ScalarAsync<long>("SELECT count(*) FROM mt_streams"));
    }

    [Fact]
    public async Task Numbers_are_right_even_if_another_program_takes_some_in_between()
    {
        await using var function = Source.CreateCommand("""
            CREATE FUNCTION take_a_number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('mt_events_sequence'); RETURN NEW; END $$;
            CREATE TRIGGER take_a_number BEFORE INSERT ON mt_events FOR EACH ROW EXECUTE FUNCTION take_a_number();
            """);
        await function.ExecuteNonQueryAsync();
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        var results = await Store.AppendAsync([Append(a, 0, new Note("1"), new Note("2")), Append(b, 0, new Note("3"))]);
        Assert.Equal((await ReadAsync(a))[^1].Seq, results[0].LastSeq);
        Assert.Equal((await ReadAsync(b))[^1].Seq, results[1].LastSeq);
        Assert.True(results[1].LastSeq > results[0].LastSeq + 1);
    }

    [Fact]
    public async Task An_append_joins_another_transaction_and_shares_its_fate()
    {
        var (kept, dropped) = (Guid.NewGuid(), Guid.NewGuid());
        var (connection1, transaction1) = await AppendAndStayOpenAsync(Append(dropped, 0, new Note("x")));
        await transaction1.RollbackAsync();
        await connection1.DisposeAsync();
        var (connection2, transaction2) = await AppendAndStayOpenAsync(Append(kept, 0, new Note("x")));
        await transaction2.CommitAsync();
        await connection2.DisposeAsync();

        Assert.Empty(await ReadAsync(dropped));
        Assert.Null(await Store.GetStreamAsync(dropped));
        Assert.Single(await ReadAsync(kept));
    }

    [Fact]
    public async Task A_conflict_in_another_transaction_is_recognised()
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, new Note("x")));
        var error = await Assert.ThrowsAsync<PostgresException>(() => AppendAndStayOpenAsync(Append(stream, 4, new Note("y"))));
        var conflict = EventStoreConcurrencyException.From(error);
        Assert.Equal((stream, 4L, 1L), (conflict!.StreamId, conflict.Expected, conflict.Actual));
    }

    [Fact]
    public async Task A_transaction_with_an_older_snapshot_is_refused()
    {
        await using var connection = await Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { Store.CreateAppendCommand([Append(Guid.NewGuid(), 0, new Note("x"))]) } };
        var error = await Assert.ThrowsAsync<PostgresException>(() => batch.ExecuteNonQueryAsync());
        Assert.Equal("ES001", error.SqlState);
        Assert.Null(EventStoreConcurrencyException.From(error));
    }
}
