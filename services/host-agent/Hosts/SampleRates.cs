using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>
/// Makes rates of counters. A VM seen for the first time has none, nor one whose counter has gone back (it was restarted, or came from another
/// host), nor anyone when the sample before is older than <paramref name="longest"/>: a mean over a gap would hide it.
/// </summary>
sealed class SampleRates(TimeSpan longest)
{
    Dictionary<VmId, VmSample> _before = [];
    HostCpuTime? _cpuBefore;
    TimeSpan? _readBefore;

    /// <summary>The counters just read, as rates since those of the call before.</summary>
    /// <param name="host">The host.</param>
    /// <param name="at">When they were read, by the host's clock.</param>
    /// <param name="readAt">The same by a clock that is never set.</param>
    /// <param name="vms">The VMs' counters.</param>
    /// <param name="cpu">The host's.</param>
    public HostSampled Take(HostId host, DateTimeOffset at, TimeSpan readAt, IReadOnlyList<VmSample> vms, HostCpuTime? cpu)
    {
        var seconds = (readAt - _readBefore) is { } since && since > TimeSpan.Zero && since <= longest ? since.TotalSeconds : (double?)null;
        var sample = new HostSampled
        {
            HostId = host,
            At = at,
            IntervalSeconds = seconds is { } s ? Math.Round(s, 3) : null,
            CpuPercent = seconds is not null && cpu?.TotalNs - _cpuBefore?.TotalNs is { } total and > 0 && cpu!.BusyNs - _cpuBefore!.BusyNs is >= 0 and var busy
                ? Percent(busy / (double)total)
                : null,
            RunningVms = vms.Count,
            Vms = [.. vms.Select(vm => Of(vm, seconds is null ? null : _before.GetValueOrDefault(vm.Vm), seconds ?? 0))],
        };
        _before = vms.ToDictionary(vm => vm.Vm);
        (_cpuBefore, _readBefore) = (cpu, readAt);
        return sample;
    }

    static HostVmSample Of(VmSample now, VmSample? before, double seconds)
    {
        var sample = new HostVmSample { VmId = now.Vm, MemoryUsedMiB = now.MemoryUsedMiB };
        var restarted = before is null || now.CpuTimeNs < before.CpuTimeNs || now.DiskReadBytes < before.DiskReadBytes || now.DiskWriteBytes < before.DiskWriteBytes
            || now.NetReceivedBytes < before.NetReceivedBytes || now.NetSentBytes < before.NetSentBytes;
        return restarted ? sample : sample with
        {
            CpuPercent = now.Vcpus is { } vcpus and > 0 ? Percent((now.CpuTimeNs - before!.CpuTimeNs) / 1e9 / vcpus / seconds) : null,
            DiskReadBytesPerSecond = Rate(before!.DiskReadBytes, now.DiskReadBytes),
            DiskWriteBytesPerSecond = Rate(before.DiskWriteBytes, now.DiskWriteBytes),
            NetReceivedBytesPerSecond = Rate(before.NetReceivedBytes, now.NetReceivedBytes),
            NetSentBytesPerSecond = Rate(before.NetSentBytes, now.NetSentBytes),
        };

        long? Rate(long? then, long? current) => (long?)((current - then) / seconds);
    }

    // A VM's time has the emulator's own threads in it: it may be a little more than its processors have.
    static double Percent(double share) => Math.Round(Math.Min(1, share) * 100, 1);
}
