using System.Collections.Concurrent;
using HvPlatform.Events;
using HvPlatform.TestKit;
using Npgsql;
using Xunit;

namespace HvPlatform.IntegrationTests.Events;

public sealed class TailTests : EventStoreTest
{
    readonly ConcurrentQueue<StoredEvent> _seen = new();

    string[] SeenTexts => [.. _seen.Select(e => ((Note)e.Data).Text)];

    async Task WithTailAsync(long afterSeq, Func<Task> act)
    {
        using var stop = new CancellationTokenSource();
        var tail = Task.Run(async () =>
        {
            await foreach (var e in Store.TailAsync(afterSeq, stop.Token))
            {
                _seen.Enqueue(e);
            }
        });
        try
        {
            await act();
        }
        finally
        {
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tail);
        }
    }

    [Fact]
    public Task A_late_commit_is_not_skipped_and_comes_first() => WithTailAsync(0, async () =>
    {
        var (connection, transaction) = await AppendAndStayOpenAsync(Append(Guid.NewGuid(), 0, new Note("late 1"), new Note("late 2")));
        var other = Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("other")));
        var others = Store.AppendAsync([Append(Guid.NewGuid(), 0, new Note("others"))]);
        await UntilSomeoneWaitsForTheAppendLockAsync();
        Assert.Empty(_seen);
        Assert.False(other.IsCompleted);

        await transaction.CommitAsync();
        await connection.DisposeAsync();
        await Task.WhenAll(other, others);
        await Eventually.Until(() => _seen.Count == 4, "the tail has seen all four");
        Assert.Equal(["late 1", "late 2"], SeenTexts[..2]);
        Assert.Equal(_seen.Select(e => e.Seq).Order(), _seen.Select(e => e.Seq));
    });

    /// <summary>The control of the test above: what it would see if appends did not take the lock.</summary>
    [Fact]
    public Task Without_the_lock_the_same_late_commit_would_be_skipped() => WithTailAsync(0, async () =>
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, new Note("first")));
        await using var connection = await Source.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand(
            $$"""INSERT INTO mt_events (seq_id, id, stream_id, version, data, type, timestamp) VALUES (nextval('mt_events_sequence'), gen_random_uuid(), '{{stream}}', 2, '{"text": "late"}', 'note', now())""",
            connection, transaction);
        await insert.ExecuteNonQueryAsync();
        await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("other")));
        await Eventually.Until(() => _seen.Count == 2, "the tail is past the number of the open transaction");
        await transaction.CommitAsync();
        await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("last")));
        await Eventually.Until(() => SeenTexts.Contains("last"), "the tail is past the late commit");
        Assert.Equal(["first", "other", "last"], SeenTexts);
    });

    [Fact]
    public Task A_transaction_that_appends_last_holds_nobody_up_before() => WithTailAsync(0, async () =>
    {
        await using var connection = await Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var work = new NpgsqlCommand("SELECT txid_current()", connection, transaction))
        {
            await work.ExecuteScalarAsync();
        }

        await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("meanwhile")));
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { Store.CreateAppendCommand([Append(Guid.NewGuid(), 0, new Note("at the end"))]) } };
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        await Eventually.Until(() => _seen.Count == 2, "both are seen");
        Assert.Equal(["meanwhile", "at the end"], SeenTexts);
    });

    [Fact]
    public Task A_rolled_back_append_leaves_a_gap_that_stops_nobody() => WithTailAsync(0, async () =>
    {
        await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("before")));
        var (connection, transaction) = await AppendAndStayOpenAsync(Append(Guid.NewGuid(), 0, new Note("gone 1"), new Note("gone 2")));
        await transaction.RollbackAsync();
        await connection.DisposeAsync();
        await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("after")));
        await Eventually.Until(() => _seen.Count == 2, "both are seen");
        Assert.Equal(["before", "after"], SeenTexts);
        var seqs = _seen.Select(e => e.Seq).ToArray();
        Assert.Equal(3, seqs[1] - seqs[0]);
    });

    [Fact]
    public Task A_connection_that_dies_in_mid_append_frees_the_others() => WithTailAsync(0, async () =>
    {
        var (connection, transaction) = await AppendAndStayOpenAsync(Append(Guid.NewGuid(), 0, new Note("gone")));
        var other = Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("other")));
        await UntilSomeoneWaitsForTheAppendLockAsync();
        await ScalarAsync<bool>($"SELECT pg_terminate_backend({connection.ProcessID})");
        await other;
        await Eventually.Until(() => _seen.Count == 1, "the other is seen");
        Assert.Equal(["other"], SeenTexts);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync());
        await connection.DisposeAsync();
    });

    [Fact]
    public Task Racing_writers_of_every_kind_are_seen_once_each_in_order() => WithTailAsync(0, async () =>
    {
        await using var otherProcess = new EventStore(Source, Types);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(w => Task.Run(async () =>
        {
            var (store, stream) = (w % 2 == 0 ? Store : otherProcess, Guid.NewGuid());
            for (var i = 0; i < 50; i++)
            {
                var append = Append(stream, i, new Note($"{w}/{i}"));
                switch (w % 3)
                {
                    case 0:
                        await store.AppendAsync(append);
                        break;
                    case 1:
                        await store.AppendAsync([append]);
                        break;
                    default:
                        var (connection, transaction) = await AppendAndStayOpenAsync(append);
                        await transaction.CommitAsync();
                        await connection.DisposeAsync();
                        break;
                }
            }
        })));
        await Eventually.Until(() => _seen.Count >= 600, "all are seen", 30);
        Assert.Equal(await LinesAsync("SELECT data ->> 'text' FROM mt_events ORDER BY seq_id"), SeenTexts);
        Assert.Equal(600, SeenTexts.Distinct().Count());
    });

    [Fact]
    public async Task A_tail_resumes_after_the_position_given_and_reads_many_pages()
    {
        var results = await Store.AppendAsync([.. Enumerable.Range(0, 25).Select(i => Append(Guid.NewGuid(), 0, [.. Enumerable.Range(0, 100).Select(j => new Note($"{i * 100 + j}"))]))]);
        await WithTailAsync(results[0].LastSeq, async () =>
        {
            await Eventually.Until(() => _seen.Count == 2400, "the rest is seen");
            Assert.Equal(Enumerable.Range(100, 2400).Select(i => $"{i}"), SeenTexts);
        });
    }

    [Fact]
    public async Task A_commit_with_events_notifies_and_one_without_does_not()
    {
        await using var connection = await Source.OpenConnectionAsync();
        await using var listen = new NpgsqlCommand($"LISTEN {await ScalarAsync<string>("SELECT hv_events_channel()")}", connection);
        await listen.ExecuteNonQueryAsync();
        await Assert.ThrowsAsync<EventStoreConcurrencyException>(() => Store.AppendAsync(Append(Guid.NewGuid(), 3, new Note("x"))));
        Assert.False(await connection.WaitAsync(TimeSpan.FromMilliseconds(100)));
        await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("x")));
        Assert.True(await connection.WaitAsync(TimeSpan.FromSeconds(20)));
    }
}
