using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Events;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Live;

/// <summary>
/// Transient events for all event streams of this process. PostgreSQL tells which operations have changed and that there are new figures; what it is, is read only
/// while somebody listens, and once for all listeners. Figures are read at most five times a second, which bounds them per migration as well.
/// </summary>
internal sealed class LiveFeed([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock, ILogger<LiveFeed> log) : BackgroundService
{
    static readonly TimeSpan s_figures = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(1);
    static readonly TimeSpan s_silence = TimeSpan.FromSeconds(15);
    static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    readonly List<LiveSubscription> _subscriptions = [];
    readonly HashSet<Guid> _operations = [];
    readonly Dictionary<Guid, DateTimeOffset> _told = [];
    bool _figures;

    /// <summary>Begins to listen; disposing ends it.</summary>
    public LiveSubscription Subscribe(EventFilter filter)
    {
        var subscription = new LiveSubscription(filter, Remove);
        lock (_gate)
        {
            _subscriptions.Add(subscription);
        }

        return subscription;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (NpgsqlException e)
            {
                Log.LiveInterrupted(log, e);
            }

            await Task.Delay(s_retry, clock, stoppingToken);
        }
    }

    async Task FollowAsync(CancellationToken stoppingToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(stoppingToken);
        connection.Notification += (_, e) => Notified(e);
        await RunAsync(connection, "LISTEN hv_operations; LISTEN hv_figures", stoppingToken);
        var figuresAt = clock.GetTimestamp();
        while (true)
        {
            var untilFigures = s_figures - clock.GetElapsedTime(figuresAt);
            var figuresDue = _figures && untilFigures <= TimeSpan.Zero;

            // Not less than a millisecond: Npgsql takes 0 for ever.
            var wait = !_figures ? s_silence : untilFigures > s_shortest ? untilFigures : s_shortest;
            if (_operations.Count == 0 && !figuresDue && !await connection.WaitAsync(wait, stoppingToken) && !_figures)
            {
                // Nothing for long: is the connection alive at all?
                await RunAsync(connection, "SELECT 1", stoppingToken);
                continue;
            }

            var listeners = Listeners();
            if (listeners.Length == 0)
            {
                _operations.Clear();
                _told.Clear();
                _figures = false;
                continue;
            }

            if (_operations.Count > 0)
            {
                Guid[] changed = [.. _operations];
                _operations.Clear();
                Tell(listeners, await LiveReader.OperationsAsync(connection, changed, stoppingToken));
            }

            if (figuresDue)
            {
                (_figures, figuresAt) = (false, clock.GetTimestamp());
                await TellFiguresAsync(connection, listeners, stoppingToken);
            }
        }
    }

    async Task TellFiguresAsync(NpgsqlConnection connection, LiveSubscription[] listeners, CancellationToken cancellationToken)
    {
        if (listeners.Any(l => l.Wants(LiveTypes.MigrationProgressed)))
        {
            var progress = await LiveReader.ProgressAsync(connection, cancellationToken);
            Tell(listeners, [.. progress.Where(p => IsNew(p.Id.Value, p.At)).Select(p => p.Event)]);
        }

        LiveSubscription[] sampled = [.. listeners.Where(l => l.WantsSamples)];
        if (sampled.Length > 0)
        {
            HostId[] hosts = [.. sampled.Select(l => l.Host).OfType<HostId>().Distinct()];
            VmId[] vms = [.. sampled.Select(l => l.Vm).OfType<VmId>().Distinct()];
            var samples = await LiveReader.SamplesAsync(connection, hosts, vms, cancellationToken);
            Tell(sampled, [.. samples.Where(s => IsNew(s.Host.Value, s.At)).Select(s => s.Event)]);
        }

        if (_told.Count > 10_000)
        {
            _told.Clear();
        }
    }

    bool IsNew(Guid id, DateTimeOffset at)
    {
        var isNew = !_told.TryGetValue(id, out var told) || at > told;
        _told[id] = isNew ? at : told;
        return isNew;
    }

    static void Tell(LiveSubscription[] listeners, IReadOnlyList<LiveEvent> events)
    {
        foreach (var e in events)
        {
            foreach (var listener in listeners)
            {
                listener.Offer(e);
            }
        }
    }

    /// <summary>Called while this connection waits or reads, never from elsewhere.</summary>
    void Notified(NpgsqlNotificationEventArgs e)
    {
        if (e.Channel == "hv_figures")
        {
            _figures = true;
        }
        else if (Guid.TryParse(e.Payload, out var operation))
        {
            _operations.Add(operation);
        }
    }

    LiveSubscription[] Listeners()
    {
        lock (_gate)
        {
            return [.. _subscriptions];
        }
    }

    void Remove(LiveSubscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription);
        }
    }

    static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
