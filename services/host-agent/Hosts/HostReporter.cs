using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Waiting;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>
/// Says what is true of one host: a heartbeat every few seconds, a full report every now and then, when asked, and after every (re)connection. A report that is
/// not complete says so; one that failed is Failed, never empty.
/// </summary>
sealed class HostReporter(HostIdentity host, IHypervisorDriver driver, Generations generations, FactPublisher facts, AgentTimings timings, DateTimeOffset startedAt, Func<VmInfo, VmInfo> withEpoch, TimeProvider time, ILogger logger)
{
    static readonly TimeSpan s_missedRetry = TimeSpan.FromSeconds(2);

    readonly Random _jitter = new(host.Id.Value.GetHashCode());
    readonly AsyncSignal _wanted = new();
    ErrorInfo? _unreachable;

    /// <summary>The host's memory, MiB, as it said last; null if it cannot say.</summary>
    public (long? TotalMiB, long? FreeMiB) Memory { get; private set; }

    /// <summary>Told of the VMs of every scan that was read whole.</summary>
    public Func<IReadOnlyList<VmInfo>, Task> Scanned { private get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether the hypervisor answered when it was asked last.</summary>
    public bool Reachable => Volatile.Read(ref _unreachable) is null;

    /// <summary>Asks for a report as soon as possible; several wishes at once make one report.</summary>
    public void RequestReport() => _wanted.Set();

    /// <summary>Reads the capabilities and publishes them.</summary>
    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var capabilities = await driver.GetCapabilitiesAsync(cancellationToken).WaitAsync(timings.Report, time, cancellationToken);
        Memory = Memory with { TotalMiB = capabilities.MemoryMiB };
        var registered = new HostRegistered
        {
            HostId = host.Id,
            Name = host.Name,
            Kind = driver.Kind,
            Capabilities = capabilities,
            AgentVersion = typeof(HostReporter).Assembly.GetName().Version!.ToString(3),
            AgentStartedAt = startedAt,
            HeartbeatSeconds = timings.Heartbeat.TotalSeconds,
            Generation = await generations.NextAsync(),
        };
        await facts.PublishAsync(registered, host.Id.Value, cancellationToken);
    }

    public async Task HeartbeatAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            long? free = null;
            ErrorInfo? error = null;
            try
            {
                free = await WithinAsync(driver.GetFreeMemoryMiBAsync, timings.Heartbeat, cancellationToken);
            }
            catch (HypervisorException e)
            {
                error = e.Error;
            }

            SetReachable(error);
            Memory = Memory with { FreeMiB = free };
            var heartbeat = new HostHeartbeat
            {
                HostId = host.Id,
                SentAt = time.GetUtcNow(),
                HypervisorReachable = error is null,
                MemoryFreeMiB = free,
                Error = error,
            };
            await facts.PublishAsync(heartbeat, host.Id.Value, cancellationToken);
            await Task.Delay(timings.Heartbeat, time, cancellationToken);
        }
    }

    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            // A tenth either way, so that a thousand agents started together do not report together for ever.
            var wait = facts.TakeMissed() ? s_missedRetry : timings.Report * (0.9 + (0.2 * _jitter.NextDouble()));
            using var due = new CancellationTokenSource(wait, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, cancellationToken);
            await _wanted.WaitAsync(either.Token);
            cancellationToken.ThrowIfCancellationRequested();
            var report = await ScanAsync(cancellationToken);
            await facts.PublishAsync(report, host.Id.Value, cancellationToken);
            if (report.Outcome == HostReportOutcome.Complete)
            {
                await Scanned(report.Vms);
            }
        }
    }

    /// <summary>Says in the log when the hypervisor stops answering, and when it answers again.</summary>
    public void SetReachable(ErrorInfo? error)
    {
        var before = Interlocked.Exchange(ref _unreachable, error);
        if (before is null && error is not null)
        {
            Log.Unreachable(logger, host.Name, error.Message);
        }
        else if (before is not null && error is null)
        {
            Log.ReachableAgain(logger, host.Name);
        }
    }

    async Task<HostReported> ScanAsync(CancellationToken cancellationToken)
    {
        var generation = await generations.NextAsync();
        var report = new HostReported { HostId = host.Id, Outcome = HostReportOutcome.Failed, Vms = [], Generation = generation, ObservedAt = time.GetUtcNow() };
        try
        {
            var scan = await WithinAsync(driver.ListAsync, timings.Report, cancellationToken);
            return scan.Unreadable.Count == 0
                ? report with { Outcome = HostReportOutcome.Complete, Vms = [.. scan.Vms.Select(withEpoch)] }
                : report with { Outcome = HostReportOutcome.Partial, Vms = [.. scan.Vms.Select(withEpoch)], Error = scan.Unreadable[0] };
        }
        catch (HypervisorException e)
        {
            return report with { Error = e.Error };
        }
    }

    async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await call(either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HypervisorException(new ErrorInfo
            {
                Kind = ErrorKind.Timeout,
                Code = "hypervisor-silent",
                Message = $"The hypervisor of {host.Name} did not answer within {limit.TotalSeconds} s.",
                Where = host.Name,
                Advice = "Look at the hypervisor's service on the host.",
            });
        }
    }
}
