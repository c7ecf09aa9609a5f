using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>
/// Publishes the figures of a host and its VMs every few seconds. A sample that cannot be read or published is left out: nothing waits for it and nothing
/// makes up for it. Of a hypervisor that has no counters, the figures it gives with its inventory are taken, once per report.
/// </summary>
sealed class HostSampler(HostIdentity host, IHypervisorDriver driver, IAgentBus bus, TimeSpan interval, HostReporter reporter, TimeProvider time)
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    readonly Random _chance = new(host.Id.Value.GetHashCode());
    readonly SampleRates _rates = new(3 * interval);

    public async Task SampleAsync(CancellationToken cancellationToken)
    {
        IStatsDriver? stats;
        if ((stats = driver.Stats) is null)
        {
            reporter.Scanned = PublishFiguresAsync;
            while ((stats = driver.Stats) is null)
            {
                await Task.Delay(interval, time, cancellationToken);
            }

            reporter.Scanned = _ => Task.CompletedTask;
        }

        // A thousand agents started together do not sample together.
        await Task.Delay(interval * _chance.NextDouble(), time, cancellationToken);
        while (true)
        {
            var began = time.GetTimestamp();
            using var timeout = new CancellationTokenSource(interval, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                await PublishAsync(await ReadAsync(stats, either.Token).WaitAsync(either.Token));
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // A gap. What is wrong is in the log already: the heartbeat asks the same hypervisor and speaks to the same broker.
            }

            var left = interval - time.GetElapsedTime(began);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
        }
    }

    async Task<HostSampled> ReadAsync(IStatsDriver stats, CancellationToken cancellationToken)
    {
        var vms = await stats.SampleAsync(cancellationToken);
        var (at, timestamp) = (time.GetUtcNow(), time.GetTimestamp());
        HostCpuTime? cpu = null;
        try
        {
            cpu = await stats.ReadHostCpuAsync(cancellationToken);
        }
        catch (HypervisorException)
        {
            // The VMs' figures are worth having without the host's.
        }

        return WithMemory(_rates.Take(host.Id, at, time.GetElapsedTime(0, timestamp), vms, cpu));
    }

    Task PublishFiguresAsync(IReadOnlyList<VmInfo> vms)
    {
        var running = vms.Where(vm => vm.State == VmState.Running).ToList();
        return PublishAsync(
            WithMemory(new HostSampled
            {
                HostId = host.Id,
                At = time.GetUtcNow(),
                RunningVms = running.Count,
                Vms = [.. running.Where(vm => vm.Figures is not null).Select(vm => new HostVmSample
                {
                    VmId = vm.Id,
                    CpuPercent = vm.Figures!.CpuUsagePercent,
                    MemoryUsedMiB = vm.Figures.MemoryAssignedMiB,
                })],
            }));
    }

    HostSampled WithMemory(HostSampled sample) =>
        sample with { MemoryTotalMiB = reporter.Memory.TotalMiB, MemoryUsedMiB = reporter.Memory.TotalMiB - reporter.Memory.FreeMiB };

    async Task PublishAsync(HostSampled sample)
    {
        using var patience = new CancellationTokenSource(s_patience, time);
        await bus.PublishTransientAsync(sample, patience.Token);
    }
}
