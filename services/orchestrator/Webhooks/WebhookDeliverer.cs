using HvPlatform.Orchestrator.Events;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>
/// Takes events from the history for each endpoint and posts them. Of all orchestrator processes one does it: it holds an advisory lock on a connection of its own. How far an endpoint
/// is and what waits for it is in the database, so nothing is skipped or lost whoever goes on; what was sent when a process died is sent once more, with the same id.
/// To one endpoint one request at a time, in the order of the history; a delivery that failed is tried later while the next ones go.
/// </summary>
internal sealed class WebhookDeliverer(
    [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, WebhookStore store, WebhookSender sender, EventFeed feed, OrchestratorOptions options, TimeProvider clock, ILogger<WebhookDeliverer> log)
    : BackgroundService
{
    static readonly TimeSpan s_standby = TimeSpan.FromSeconds(1);
    static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan s_forgetEvery = TimeSpan.FromHours(1);

    readonly Dictionary<Guid, Task> _sending = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.DataSource.OpenConnectionAsync(stoppingToken);
                if (await TryLockAsync(connection, stoppingToken))
                {
                    try
                    {
                        await DeliverWhileLockedAsync(connection, stoppingToken);
                    }
                    finally
                    {
                        await UnlockAsync(connection);
                    }
                }
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName)
            {
                // The inventory has not made its schema yet: it may start after this process.
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException && !stoppingToken.IsCancellationRequested)
            {
                Log.WebhooksInterrupted(log, e);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(s_standby, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.Command("SELECT pg_try_advisory_lock(hashtextextended('hv-webhooks', 0))");
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>The connection goes back to its pool and lives on there, and the lock would with it.</summary>
    static async Task UnlockAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var command = connection.Command("SELECT pg_advisory_unlock_all()");
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is broken: the lock is gone with it.
        }
    }

    async Task DeliverWhileLockedAsync(NpgsqlConnection connection, CancellationToken stoppingToken)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var forgotAt = clock.GetTimestamp();
        try
        {
            while (true)
            {
                // With the connection the lock is gone too, and another process has taken over.
                await using (var alive = connection.Command("SELECT 1"))
                {
                    await alive.ExecuteNonQueryAsync(stoppingToken);
                }

                var followed = await TakeAsync(lost.Token);
                foreach (var webhook in await store.DueAsync(lost.Token))
                {
                    Begin(webhook, lost.Token);
                }

                if (clock.GetElapsedTime(forgotAt) > s_forgetEvery)
                {
                    forgotAt = clock.GetTimestamp();
                    await store.ForgetAsync(lost.Token);
                }

                // Until something happens, or for a moment: retries come due, and requests ask for tests.
                await (followed is { } position ? feed.ReadAsync(position, s_idle, stoppingToken) : Task.Delay(s_idle, clock, stoppingToken));
            }
        }
        finally
        {
            await lost.CancelAsync();
            await Task.WhenAll(_sending.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _sending.Clear();
        }
    }

    /// <summary>Moves every endpoint on in the history; returns the position that the hindmost one has reached, null if there is no endpoint.</summary>
    async Task<long?> TakeAsync(CancellationToken cancellationToken)
    {
        long? hindmost = null;
        foreach (var (webhook, from, filter) in await store.FollowersAsync(cancellationToken))
        {
            var events = await feed.ReadAsync(from, TimeSpan.Zero, cancellationToken);
            if (events.Count > 0)
            {
                await store.TakeAsync(webhook, from, events[^1].Seq, [.. events.Where(filter.Passes)], cancellationToken);
            }

            var reached = events.Count > 0 ? events[^1].Seq : from;
            hindmost = Math.Min(hindmost ?? reached, reached);
        }

        return hindmost;
    }

    void Begin(Guid webhook, CancellationToken cancellationToken)
    {
        foreach (var ended in _sending.Where(s => s.Value.IsCompleted).Select(s => s.Key).ToList())
        {
            _sending.Remove(ended);
        }

        if (!_sending.ContainsKey(webhook))
        {
            _sending[webhook] = SendAsync(webhook, cancellationToken);
        }
    }

    async Task SendAsync(Guid webhook, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            while (await store.NextAsync(webhook, cancellationToken) is { } next)
            {
                var (target, due) = next;
                var answer = await sender.SendAsync(target, due, cancellationToken);

                // It has been sent: whoever stops meanwhile, that is noted.
                if (answer.Error is null)
                {
                    await store.DeliveredAsync(target, due, answer.Status!.Value, CancellationToken.None);
                    continue;
                }

                var verdict = WebhookVerdict.Of(target, due, options.Webhooks, clock.GetUtcNow(), Random.Shared.NextDouble());
                await store.FailedAsync(target, due, answer, verdict, CancellationToken.None);
                if (verdict.PauseReason is { } reason)
                {
                    Log.WebhookPaused(log, target.Id, new Uri(target.Url).GetLeftPart(UriPartial.Authority), reason);
                }
                else if (verdict.Dead)
                {
                    Log.WebhookDead(log, due.Id, due.Type, target.Id, answer.Error);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // This process stops, or another delivers now.
        }
        catch (NpgsqlException e)
        {
            Log.WebhooksInterrupted(log, e);
        }
    }
}
