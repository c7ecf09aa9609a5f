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

    /// <summary>When it was last started, UTC, as told by its uptime; null while it does not run.</summary>
    public DateTimeOffset? BootedAt { get; init; }

    /// <summary>Since when it is off, UTC; null while it is not.</summary>
    public DateTimeOffset? ShutDownAt { get; init; }

    /// <summary>Whether an enhanced session is possible now, in the host's words.</summary>
    public string? EnhancedSession { get; init; }

    /// <summary>How the host judges the VM now.</summary>
    public VmStatus? Status { get; init; }

    /// <summary><c>Never</c>, <c>Done</c>, or what the host is doing for a backup.</summary>
    public string? BackupState { get; init; }

    /// <summary>When the last backup ended well, UTC.</summary>
    public DateTimeOffset? LastBackupAt { get; init; }

    /// <summary>When the last transfer to a replica ended, UTC.</summary>
    public DateTimeOffset? LastReplicatedAt { get; init; }
}
