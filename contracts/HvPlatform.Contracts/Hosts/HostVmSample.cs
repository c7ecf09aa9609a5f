namespace HvPlatform.Contracts.Hosts;

/// <summary>Figures of one VM in <see cref="HostSampled"/>. Each is null if it is not known, which is not the same as 0.</summary>
public sealed record HostVmSample
{
    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Of the VM's virtual processors in use, 0-100.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Memory of the host that the VM holds, MiB.</summary>
    public long? MemoryUsedMiB { get; init; }

    /// <summary>Read from all disks.</summary>
    public long? DiskReadBytesPerSecond { get; init; }

    /// <summary>Written to all disks.</summary>
    public long? DiskWriteBytesPerSecond { get; init; }

    /// <summary>Received on all adapters.</summary>
    public long? NetReceivedBytesPerSecond { get; init; }

    /// <summary>Sent on all adapters.</summary>
    public long? NetSentBytesPerSecond { get; init; }
}
