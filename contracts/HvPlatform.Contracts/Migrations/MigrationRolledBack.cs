namespace HvPlatform.Contracts.Migrations;

/// <summary>Terminal: the VM runs on the source as before.</summary>
public sealed record MigrationRolledBack
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

    /// <summary>True if someone asked for it.</summary>
    public required bool Cancelled { get; init; }

    /// <summary>Why; null for a cancel.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>The operator whose word this end is; null if the hosts said so.</summary>
    public string? ResolvedBy { get; init; }
}
