using HvPlatform.Events;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Events;

/// <summary>
/// One tail of the event store for all event streams of this process. It keeps the newest events in a ring of fixed size; a stream reads them at its own
/// pace by position, and one that has fallen out of the ring reads pages from the store until it is back in. So a slow client costs
/// neither memory nor events, and a thousand clients cost one connection.
/// </summary>
internal sealed class EventFeed(
    [FromKeyedServices(EventFeed.StoreKey)] EventStore store, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database,
    TimeProvider clock, ILogger<EventFeed> log)
    : BackgroundService
{
    /// <summary>The key of the event store of schema <c>inventory</c>.</summary>
    public const string StoreKey = "orchestrator.history";

    const int RingSize = 4096;
    const int PageSize = 256;

    readonly Lock gate = new();
    readonly Queue<StoredEvent> ring = new();
    TaskCompletionSource arrived = NewSignal();
    long ringBegins = long.MaxValue; // the ring holds every event after this position
    long last;

    /// <summary>The position of the newest committed event; 0 if there is none.</summary>
    public async Task<long> FindEndAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command("SELECT coalesce(max(seq_id), 0) FROM inventory.mt_events");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Some events after a position, in commit order; waits for one if there is none yet, but no longer than <paramref name="patience"/>.</summary>
    public async Task<IReadOnlyList<StoredEvent>> ReadAsync(long after, TimeSpan patience, CancellationToken cancellationToken)
    {
        Task signal;
        lock (gate)
        {
            signal = arrived.Task;
            if (after >= ringBegins && after < last)
            {
                return [.. ring.Where(e => e.Seq > after).Take(PageSize)];
            }
        }

        if (after < Volatile.Read(ref ringBegins))
        {
            var page = await store.ReadAllAsync(after, PageSize, cancellationToken: cancellationToken);
            if (page.Count > 0)
            {
                return page;
            }
        }

        try
        {
            await signal.WaitAsync(patience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Nothing happened: the caller sends a heartbeat.
        }

        return [];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName)
            {
                // The inventory has not made its schema yet: it may start after this process.
            }
            catch (NpgsqlException e)
            {
                Log.FeedInterrupted(log, e);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task FollowAsync(CancellationToken stoppingToken)
    {
        if (Volatile.Read(ref ringBegins) == long.MaxValue)
        {
            var end = await FindEndAsync(stoppingToken);
            lock (gate)
            {
                (ringBegins, last) = (end, end);
            }
        }

        await foreach (var e in store.TailAsync(last, stoppingToken))
        {
            TaskCompletionSource signal;
            lock (gate)
            {
                ring.Enqueue(e);
                last = e.Seq;
                if (ring.Count > RingSize)
                {
                    ringBegins = ring.Dequeue().Seq;
                }

                (signal, arrived) = (arrived, NewSignal());
            }

            signal.SetResult();
        }
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
