using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors;

/// <summary>Performance figures (facet <c>stats</c>).</summary>
public interface IStatsDriver
{
    /// <summary>Figures of every running VM of the host in one native call.</summary>
    Task<IReadOnlyList<VmSample>> SampleAsync(CancellationToken cancellationToken);

    /// <summary>How long the host's processors have worked since some moment in the past; null if the hypervisor does not say.</summary>
    Task<HostCpuTime?> ReadHostCpuAsync(CancellationToken cancellationToken);
}

/// <summary>Counters of all processors of a host together.</summary>
/// <param name="BusyNs">Worked, ns.</param>
/// <param name="TotalNs">Worked or idle, ns.</param>
public sealed record HostCpuTime(long BusyNs, long TotalNs);

/// <summary>Counters of one VM since it started, except where named otherwise.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Vcpus">Virtual processors it has now; null if unknown.</param>
/// <param name="CpuTimeNs">CPU time used by the VM's processes, ns.</param>
/// <param name="MemoryUsedMiB">Host memory the VM holds now, MiB; null if unknown.</param>
/// <param name="DiskReadBytes">Read from all disks, bytes; null if not read.</param>
/// <param name="DiskWriteBytes">Written to all disks, bytes; null if not read.</param>
/// <param name="NetReceivedBytes">Received on all adapters, bytes; null if not read.</param>
/// <param name="NetSentBytes">Sent on all adapters, bytes; null if not read.</param>
public sealed record VmSample(VmId Vm, int? Vcpus, long CpuTimeNs, long? MemoryUsedMiB, long? DiskReadBytes, long? DiskWriteBytes, long? NetReceivedBytes, long? NetSentBytes);
