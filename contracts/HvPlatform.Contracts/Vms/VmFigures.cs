namespace HvPlatform.Contracts.Vms;

/// <summary>What changes with every look at a VM: the newest value is kept, its changes are not history.</summary>
public sealed record VmFigures
{
    /// <summary>Of the VM's virtual processors, 0-100.</summary>
    public double? CpuUsagePercent { get; init; }

    /// <summary>Of the memory it has, 0-100; null if the guest does not say.</summary>
    public double? MemoryUsagePercent { get; init; }

    /// <summary>Memory the host has given it, MiB; 0 when it does not run.</summary>
    public long? MemoryAssignedMiB { get; init; }

    /// <summary>Since it was started, seconds.</summary>
    public long? UptimeSeconds { get; init; }

    /// <summary>Whether the guest's operating system answers, in the host's words.</summary>
    public string? Heartbeat { get; init; }
}
