namespace HvPlatform.Contracts.Migrations;

/// <summary>Terminal: the VM runs on the destination.</summary>
public sealed record MigrationCompleted
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>From.</summary>
    public required HostId SourceHostId { get; init; }

    /// <summary>To.</summary>
    public required HostId DestinationHostId { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>From acceptance to this event, ms.</summary>
    public required long TotalMs { get; init; }

    /// <summary>Each phase passed, in order.</summary>
    public required IReadOnlyList<MigrationPhaseTime> Phases { get; init; }

    /// <summary>How long the guest was paused, ms.</summary>
    public long? DowntimeMs { get; init; }

    /// <summary>Bytes moved.</summary>
    public long? TransferredBytes { get; init; }

    /// <summary>Files of copied disks that stay on the source until a person removes them.</summary>
    public IReadOnlyList<string> LeftOnSource { get; init; } = [];

    /// <summary>The operator whose word this end is; null if the hosts said so.</summary>
    public string? ResolvedBy { get; init; }

    /// <summary>The VM's state on the destination: Off after a cold migration; null if it runs.</summary>
    public VmState? State { get; init; }
}
