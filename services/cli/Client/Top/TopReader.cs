using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Top;

/// <summary>Asks the platform for what <c>hv top</c> shows, and counts its events.</summary>
internal sealed class TopReader(Run run) : IAsyncDisposable
{
    const int MostOperations = 200;
    const int MostLoads = 32;
    const int MostAlerts = 50;
    static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    static readonly TimeSpan s_betweenLoads = TimeSpan.FromSeconds(5);
    static readonly TimeSpan s_again = TimeSpan.FromSeconds(2);
    readonly Lock _lock = new();
    readonly Queue<DateTimeOffset> _events = [];
    readonly Dictionary<Guid, double> _loads = [];
    readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(run.Cancelled);
    DateTimeOffset _loadsAt;
    DateTimeOffset? _countingSince;
    Task _counting = Task.CompletedTask;

    /// <summary>Begins to count events.</summary>
    public void Count() => _counting = CountAsync();

    /// <summary>Asks once.</summary>
    /// <param name="visible">The hosts whose load is asked for.</param>
    public async Task<TopState> ReadAsync(Func<IReadOnlyList<HostView>, IEnumerable<HostView>> visible)
    {
        var now = run.Host.Time.GetUtcNow();
        var fleet = (await run.Api.GetFleetAsync(cancellationToken: run.Cancelled)).Value;
        var hosts = (await Listing<HostView>.ReadAsync((limit, cursor) => run.Api.ListHostsAsync(limit: limit, cursor: cursor, cancellationToken: run.Cancelled))).Items;
        var open = (await run.Api.ListOperationsAsync(open: true, limit: MostOperations, cancellationToken: run.Cancelled)).Value.Items;
        var newest = (await run.Api.ListOperationsAsync(limit: MostOperations, cancellationToken: run.Cancelled)).Value.Items;
        var ended = newest.Where(o => o.FinishedAt > now - s_minute).ToList();
        var migrations = open.Any(o => o.Kind == OperationKind.MigrateVm)
            ? (await run.Api.ListMigrationsAsync(open: true, limit: MostOperations, cancellationToken: run.Cancelled)).Value.Items
            : [];
        await ReadLoadsAsync(visible(hosts).Take(MostLoads), now);
        return new()
        {
            Address = run.Address?.GetLeftPart(UriPartial.Authority) ?? "",
            At = now,
            Fleet = fleet,
            Hosts = hosts,
            CpuPercent = new Dictionary<Guid, double>(_loads),
            Alerts = (await run.Api.ListAlertsAsync(open: true, limit: MostAlerts, cancellationToken: run.Cancelled)).Value.Items,
            Operations = open,
            Migrations = migrations.ToDictionary(m => m.Id),
            Events = EventsOfTheLastMinute(now),
            Ended = ended.Count,
            Failed = ended.Count(o => Follow.IsFinal(o.Status) && o.Status != OperationStatus.Succeeded),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _counting;
        _stop.Dispose();
    }

    async Task ReadLoadsAsync(IEnumerable<HostView> hosts, DateTimeOffset now)
    {
        if (now - _loadsAt < s_betweenLoads)
        {
            return;
        }

        _loadsAt = now;
        foreach (var host in hosts)
        {
            var points = (await run.Api.GetHostMetricsAsync(host.Id, from: now - s_minute, cancellationToken: run.Cancelled)).Value.Points;
            if (points.LastOrDefault(p => p.CpuPercent is not null)?.CpuPercent is { } load)
            {
                _loads[host.Id] = load;
            }
            else
            {
                _loads.Remove(host.Id);
            }
        }
    }

    int? EventsOfTheLastMinute(DateTimeOffset now)
    {
        lock (_lock)
        {
            while (_events.TryPeek(out var oldest) && oldest < now - s_minute)
            {
                _events.Dequeue();
            }

            // In the first minute the rate is that of the time so far.
            return _countingSince is not { } since || now - since < TimeSpan.FromSeconds(1) ? null
                : (int)Math.Round(_events.Count * Math.Max(1, s_minute / (now - since)));
        }
    }

    async Task CountAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _countingSince = run.Host.Time.GetUtcNow();
                await foreach (var _ in run.Api.StreamEventsAsync(cancellationToken: _stop.Token))
                {
                    lock (_lock)
                    {
                        _events.Enqueue(run.Host.Time.GetUtcNow());
                    }
                }

                await Task.Delay(s_again, run.Host.Time, _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ApiProblemException)
            {
                _countingSince = null;
                await Task.WhenAny(Task.Delay(s_again, run.Host.Time, _stop.Token));
            }
        }
    }
}
