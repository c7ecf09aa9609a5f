using System.Numerics;
using System.Text.Json;
using HvPlatform.ServiceKit.Bus;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HvPlatform.ServiceKit.Outbox;

/// <summary>
/// Sends one schema's outbox. Of all processes of a service one is active: it holds an advisory lock on the connection it reads and deletes with, so losing
/// the lock and losing the ability to delete are one event, and another process takes over within a second.
/// Guarantees: a row is deleted only after the broker confirmed it (sent at least once; the consumers' inbox makes that exactly once in effect);
/// rows of one key leave in the order of their ids, the next only after the one before is confirmed; a key whose row fails waits and the others go on;
/// a row that fails <c>Hv:OutboxAttempts</c> times while the bus works is parked with the reason.
/// </summary>
internal sealed class OutboxRelay(ServiceDatabase database, OutboxSender sender, HvSettings settings, TimeProvider time, ILogger<OutboxRelay> logger) : BackgroundService
{
    /// <summary>Rows on their way at a time.</summary>
    const int MaxInFlight = 1000;

    /// <summary>With more rows than this on their way the relay gathers what is committed meanwhile: fewer, larger round trips when there is much to do.</summary>
    const int BusyRows = 16;

    static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(2);
    static readonly TimeSpan IdlePoll = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan StandbyPoll = TimeSpan.FromSeconds(1);
    readonly OutboxFailures failures = new();

    /// <summary>The schema this relay sends for.</summary>
    public string Schema => database.Schema;

    string LockKey => $"hashtextextended('hv-outbox:{Schema}', 0)";

    /// <summary>Whether this process sends, or why it cannot.</summary>
    public RelayState State { get; private set; } = new(false, null);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var delay = TimeSpan.FromMilliseconds(100);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.DataSource.OpenConnectionAsync(stoppingToken);
                if (await TryLockAsync(connection, stoppingToken))
                {
                    Log.RelayActive(logger, Schema);
                    State = new RelayState(true, null);
                    delay = TimeSpan.FromMilliseconds(100);
                    await SendWhileActiveAsync(connection, stoppingToken);
                }

                State = new RelayState(false, null);
                await Task.Delay(StandbyPoll, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
            {
                State = new RelayState(false, e.Message);
                Log.RelayFailed(logger, e, Schema, delay.TotalMilliseconds);
                await Task.Delay(delay, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = TimeSpan.FromMilliseconds(Math.Min(delay.TotalMilliseconds * 2, 5000));
            }
        }
    }

    async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select pg_try_advisory_lock({LockKey})", connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    async Task SendWhileActiveAsync(NpgsqlConnection connection, CancellationToken stoppingToken)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var lanes = new OutboxLanes(sender.SendAsync, database.Signal.Set, lost.Token);
        try
        {
            await LoopAsync(connection, lanes, stoppingToken);
        }
        finally
        {
            await lost.CancelAsync();
            await lanes.StoppedAsync();
            var confirmed = lanes.Drain().Where(o => o.Sent).Select(o => o.Row.Id).ToArray();
            if (connection.State == System.Data.ConnectionState.Open)
            {
                await OutboxSql.DeleteAsync(connection, confirmed, CancellationToken.None);
                await UnlockAsync(connection);
            }
        }
    }

    /// <summary>The pool resets a connection only when it is used again; until then it would keep the lock, and nobody could send.</summary>
    async Task UnlockAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"select pg_advisory_unlock({LockKey})", connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    async Task LoopAsync(NpgsqlConnection connection, OutboxLanes lanes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var ended = lanes.Drain();
            await NoteAsync(connection, ended, cancellationToken);
            var now = time.GetUtcNow();
            var (inFlight, limit) = (lanes.InFlightIds(), MaxInFlight - lanes.Count);
            var read = await OutboxSql.DeleteAndReadAsync(
                connection, [.. ended.Where(o => o.Sent).Select(o => o.Row.Id)], inFlight, failures.WithheldKeys(now), now, limit, cancellationToken);
            if (failures.Any && read.Rows.Count < limit)
            {
                failures.ForgetGone(read.Rows, inFlight, now);
            }

            if (read.Rows.Count > 0)
            {
                lanes.Add(read.Rows);
            }

            if (lanes.Count > BusyRows)
            {
                await Task.Delay(BusyPause, cancellationToken);
            }

            await database.Signal.WaitAsync(IdleTime(now, read.NextDueAt), cancellationToken);
        }
    }

    /// <summary>Remembers failures; parks a row that failed too often.</summary>
    async Task NoteAsync(NpgsqlConnection connection, List<OutboxLanes.Outcome> ended, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        foreach (var outcome in ended)
        {
            if (outcome.Sent)
            {
                failures.Succeeded(outcome.Row);
            }
            else if (outcome.Error is not null)
            {
                failure = outcome.Error;
                await HandleFailureAsync(connection, outcome.Row, outcome.Error, cancellationToken);
            }
        }

        State = new RelayState(true, failure?.Message ?? (failures.Any ? State.Failure : null));
    }

    TimeSpan IdleTime(DateTimeOffset now, DateTimeOffset? nextDueAt)
    {
        var idle = IdlePoll;
        foreach (var at in (DateTimeOffset?[])[nextDueAt, failures.NextRetryAt(now)])
        {
            // One millisecond more: waking before the instant would read nothing and wait again.
            if (at - now + TimeSpan.FromMilliseconds(1) is { } wait && wait < idle)
            {
                idle = wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
            }
        }

        return idle;
    }

    async Task HandleFailureAsync(NpgsqlConnection connection, OutboxRow row, Exception error, CancellationToken cancellationToken)
    {
        var counts = IsTheRowsOwn(error, sender.BusIsHealthy);
        var (tries, counted) = failures.Failed(row, counts, time.GetUtcNow());
        if (counted < settings.OutboxAttempts && error is not ReaderGaveUpException)
        {
            if (BitOperations.IsPow2(tries))
            {
                Log.RelaySendFailed(logger, Schema, row.MessageId, row.Type, tries, error.Message);
            }

            return;
        }

        await OutboxSql.ParkAsync(connection, row.Id, Describe(error), cancellationToken);
        failures.Forget(row);
        Log.RelayParked(logger, Schema, row.MessageId, row.Type, error.Message);
    }

    /// <summary>
    /// Whether a failure tells against the row. A confirm that does not come is the broker's (an alarm, no majority), even while the connection
    /// looks healthy: parking for it would lose messages that only had to wait.
    /// </summary>
    internal static bool IsTheRowsOwn(Exception error, bool busIsHealthy) =>
        error is UnknownMessageTypeException or JsonException || (busIsHealthy && error is not (NobodyReadsException or TimeoutException));

    static string Describe(Exception error)
    {
        var text = "";
        for (var e = error; e is not null; e = e.InnerException)
        {
            text += $"{(text.Length > 0 ? " <- " : "")}{e.GetType().Name}: {e.Message}";
        }

        return text;
    }
}

/// <summary>Whether this process sends the outbox, and the last failure while there is one.</summary>
internal sealed record RelayState(bool Active, string? Failure);
