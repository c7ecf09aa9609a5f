using HvPlatform.Events;
using HvPlatform.TestKit;
using Npgsql;
using Xunit;

namespace HvPlatform.IntegrationTests.Events;

public sealed class GroupCommitTests : EventStoreTest
{
    /// <summary>Appends that were all waiting while somebody held the append lock: they end up in one group, or two.</summary>
    async Task<Task<AppendResult>[]> TogetherAsync(params StreamAppend[] appends)
    {
        var (connection, transaction) = await AppendAndStayOpenAsync(Append(Guid.NewGuid(), 0, new Note("in the way")));
        var first = Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("the group before")));
        await UntilSomeoneWaitsForTheAppendLockAsync();
        Task<AppendResult>[] waiting = [.. appends.Select(a => Store.AppendAsync(a))];
        await transaction.CommitAsync();
        await connection.DisposeAsync();
        await first;
        await Task.WhenAll(waiting).ContinueWith(_ => { }, TaskScheduler.Default);
        return waiting;
    }

    [Fact]
    public async Task Concurrent_appends_share_one_commit()
    {
        StreamAppend[] appends = [.. Enumerable.Range(0, 100).Select(i => Append(Guid.NewGuid(), 0, new Note($"{i}")))];
        var results = await TogetherAsync(appends);

        Assert.All(results, r => Assert.True(r.IsCompletedSuccessfully));
        var ids = string.Join(',', appends.Select(a => $"'{a.StreamId}'"));
        Assert.Equal(1, await ScalarAsync<long>($"SELECT count(DISTINCT xmin::text) FROM mt_events WHERE stream_id IN ({ids})"));
        for (var i = 0; i < appends.Length; i++)
        {
            Assert.Equal((await ReadAsync(appends[i].StreamId))[0].Seq, (await results[i]).LastSeq);
        }
    }

    [Fact]
    public async Task A_conflict_fails_its_caller_only()
    {
        var (a, b, c) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var results = await TogetherAsync(
            Append(a, 5, new Note("conflict first"), new Note("two")), Append(b, 0, new Note("b1"), new Note("b2")), Append(c, 3, new Note("conflict")), Append(c, 0, new Note("c1")),
            Append(b, 1, new Note("stale")), Append(b, 2, new Note("b3")));

        var conflict = await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => results[0]);
        Assert.Equal((a, 5L, 0L), (conflict.StreamId, conflict.Expected, conflict.Actual));
        Assert.Equal(2, (await results[1]).Version);
        await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => results[2]);
        Assert.Equal(1, (await results[3]).Version);
        Assert.Equal(2, (await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => results[4])).Actual);
        Assert.Equal(3, (await results[5]).Version);
        Assert.Empty(await ReadAsync(a));
        Assert.Null(await Store.GetStreamAsync(a));
        var stored = await ReadAsync(b);
        Assert.Equal(["b1", "b2", "b3"], stored.Select(e => ((Note)e.Data).Text));
        Assert.Equal((await results[5]).LastSeq, stored[2].Seq);
        Assert.Equal(3, (await Store.GetStreamAsync(b))!.Version);
    }

    [Fact]
    public async Task An_event_the_server_refuses_fails_its_caller_only()
    {
        var (a, b, c) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var results = await TogetherAsync(Append(a, 0, new Note("a")), Append(b, 0, new Note("a text with \0 has no jsonb form")), Append(c, 0, new Note("c")));

        Assert.Equal(1, (await results[0]).Version);
        Assert.Equal(PostgresErrorCodes.UntranslatableCharacter, (await Assert.ThrowsAsync<PostgresException>(() => results[1])).SqlState);
        Assert.Equal(1, (await results[2]).Version);
        Assert.Empty(await ReadAsync(b));
        Assert.Single(await ReadAsync(c));
    }

    [Fact]
    public async Task Of_many_writers_with_the_same_expectation_one_wins_each_round()
    {
        var stream = Guid.NewGuid();
        await using var otherProcess = new EventStore(Source, Types);
        for (var version = 0L; version < 20; version++)
        {
            var expected = version;
            var attempts = Enumerable.Range(0, 8).Select(async i =>
            {
                try
                {
                    var store = i % 2 == 0 ? Store : otherProcess;
                    return (i % 4 < 2 ? await store.AppendAsync(Append(stream, expected, new Note($"{i}"))) : (await store.AppendAsync([Append(stream, expected, new Note($"{i}"))]))[0]).Version;
                }
                catch (EventStoreConcurrencyException e)
                {
                    Assert.Equal((expected, expected + 1), (e.Expected, e.Actual));
                    return 0;
                }
            });
            Assert.Equal([expected + 1], (await Task.WhenAll(attempts)).Where(v => v != 0));
        }

        Assert.Equal(20, (await ReadAsync(stream)).Count);
    }

    [Fact]
    public async Task Writers_without_expectation_all_succeed_on_one_stream()
    {
        var stream = Guid.NewGuid();
        await using var otherProcess = new EventStore(Source, Types);
        var results = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => (i % 2 == 0 ? Store : otherProcess).AppendAsync(Append(stream, null, new Note($"{i}")))));
        Assert.Equal(Enumerable.Range(1, 400).Select(i => (long)i), results.Select(r => r.Version).Order());
        var events = await ReadAsync(stream);
        Assert.Equal(Enumerable.Range(0, 400).Select(i => $"{i}").Order(), events.Select(e => ((Note)e.Data).Text).Order());
        Assert.Equal(results.OrderBy(r => r.Version).Select(r => r.LastSeq), events.Select(e => e.Seq));
    }

    [Fact]
    public async Task A_cancelled_append_that_was_not_sent_is_never_stored()
    {
        var (sent, cancelled) = (Guid.NewGuid(), Guid.NewGuid());
        var (connection, transaction) = await AppendAndStayOpenAsync(Append(Guid.NewGuid(), 0, new Note("in the way")));
        using var cancellation = new CancellationTokenSource();
        var first = Store.AppendAsync(Append(sent, 0, new Note("x")), cancellation.Token);
        await UntilSomeoneWaitsForTheAppendLockAsync();
        var second = Store.AppendAsync(Append(cancelled, 0, new Note("x")), cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await transaction.CommitAsync();
        await connection.DisposeAsync();
        Assert.Equal(1, (await first).Version);
        await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("after")));
        Assert.Empty(await ReadAsync(cancelled));
    }

    [Fact]
    public async Task A_store_that_is_closed_finishes_what_it_took_and_refuses_the_rest()
    {
        var store = new EventStore(Source, Types);
        Guid[] streams = [.. Enumerable.Range(0, 50).Select(_ => Guid.NewGuid())];
        Task<AppendResult>[] taken = [.. streams.Select(s => store.AppendAsync(Append(s, 0, new Note("x"))))];
        await store.DisposeAsync();
        Assert.All(await Task.WhenAll(taken), r => Assert.Equal(1, r.Version));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("x"))));
    }

    [Fact]
    public async Task The_server_killed_under_load_loses_no_acknowledged_append_and_the_store_goes_on()
    {
        if (Environment.GetEnvironmentVariable("HV_TEST_POSTGRES") is { Length: > 0 })
        {
            Assert.Skip("HV_TEST_POSTGRES names a server that a test must not kill.");
        }

        var server = await PostgresServer.StartAsync();
        await using var source = await CreateSourceAsync(await server.CreateDatabaseAsync());
        await using var store = new EventStore(source, Types);
        var acknowledged = new System.Collections.Concurrent.ConcurrentBag<Guid>();
        var failures = 0;
        Task[] writers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (Volatile.Read(ref failures) < 8)
            {
                var stream = Guid.NewGuid();
                try
                {
                    await store.AppendAsync(Append(stream, 0, new Note("1"), new Note("2")));
                    acknowledged.Add(stream);
                }
                catch (NpgsqlException)
                {
                    Interlocked.Increment(ref failures);
                }
            }
        }))];
        await Eventually.Until(() => acknowledged.Count > 200, "200 appends are acknowledged");
        await server.KillAsync();
        await Task.WhenAll(writers);
        await server.StartAgainAsync();

        NpgsqlConnection.ClearAllPools();
        AppendResult? after = null;
        await Eventually.Until(
            async () =>
            {
                try
                {
                    after = await store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("after")));
                    return true;
                }
                catch (NpgsqlException)
                {
                    return false;
                }
            },
            "the store appends again");
        var stored = (await store.ReadAllAsync(0, int.MaxValue)).GroupBy(e => e.StreamId).ToDictionary(g => g.Key, g => g.Count());
        Assert.All(acknowledged, stream => Assert.Equal(2, stored.GetValueOrDefault(stream)));
        Assert.All(stored, s => Assert.Equal(stored.Count > 1 && s.Value == 1 ? after!.Version : 2, s.Value));
        await server.StopAsync();
    }
}
