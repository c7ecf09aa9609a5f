using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Waiting;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>
/// Publishes changes of VMs as they happen: after an event it looks at the VM and says what it sees, so a burst of events is one message. When the watch breaks it
/// waits, connects again, registers again, and asks for a full report, since what happened in between is not replayed.
/// </summary>
sealed class ChangeWatcher(HostIdentity host, IHypervisorDriver driver, Generations generations, FactPublisher facts, HostReporter reporter, Func<VmInfo, VmInfo> withEpoch, TimeProvider time, ILogger logger)
{
    static readonly TimeSpan s_coalesce = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan s_firstRetry = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan s_longestRetry = TimeSpan.FromSeconds(30);

    readonly Lock _gate = new();
    readonly Dictionary<VmId, string> _pending = [];
    readonly AsyncGate _looks = new(8);

    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        var retry = s_firstRetry;
        for (var first = true; ; first = false)
        {
            try
            {
                await using var events = driver.WatchAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
                if (!first)
                {
                    await reporter.RegisterAsync(cancellationToken);
                }

                var next = events.MoveNextAsync();
                reporter.SetReachable(null);
                reporter.RequestReport();
                retry = s_firstRetry;
                while (await next)
                {
                    Changed(events.Current, cancellationToken);
                    next = events.MoveNextAsync();
                }
            }
            catch (HypervisorException e)
            {
                reporter.SetReachable(e.Error);
                if (retry == s_firstRetry)
                {
                    reporter.RequestReport();
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Log.LoopFailed(logger, e, host.Name, "watch");
            }

            await Task.Delay(retry, time, cancellationToken);
            retry = retry * 2 < s_longestRetry ? retry * 2 : s_longestRetry;
        }
    }

    void Changed(DriverEvent e, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_pending.TryAdd(e.Vm, e.Cause))
            {
                _pending[e.Vm] = e.Cause;
                return;
            }
        }

        _ = LookAsync(e.Vm, cancellationToken);
    }

    async Task LookAsync(VmId id, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(s_coalesce, time, cancellationToken);
            string cause;
            lock (_gate)
            {
                _pending.Remove(id, out cause!);
            }

            await _looks.EnterAsync(cancellationToken);
            try
            {
                await PublishAsync(id, cause, cancellationToken);
            }
            finally
            {
                _looks.Leave();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The agent is stopping; the next one begins with a full report.
        }
        catch (HypervisorException)
        {
            reporter.RequestReport();
        }
        catch (Exception e)
        {
            Log.LoopFailed(logger, e, host.Name, "look at a changed VM");
            reporter.RequestReport();
        }
    }

    async Task PublishAsync(VmId id, string cause, CancellationToken cancellationToken)
    {
        var generation = await generations.NextAsync();
        var at = time.GetUtcNow();
        var vm = await driver.GetAsync(id, cancellationToken);
        var done = vm is null
            ? await facts.PublishAsync(new VmGone { HostId = host.Id, VmId = id, Generation = generation, ObservedAt = at, Cause = cause }, id.Value, cancellationToken)
            : await facts.PublishAsync(new VmObserved { HostId = host.Id, Vm = withEpoch(vm), Generation = generation, ObservedAt = at, Cause = cause }, id.Value, cancellationToken);
        if (!done)
        {
            reporter.RequestReport();
        }
    }
}
