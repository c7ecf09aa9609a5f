namespace HvPlatform.Contracts.Migrations;

/// <summary>Terminal: not as asked, the VM is intact; the error says where it is and what to do.</summary>
public sealed record MigrationFailed
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

    /// <summary>What is wrong and what to do.</summary>
    public required ErrorInfo Error { get; init; }

    /// <summary>The operator whose word this end is; null if the hosts said so.</summary>
    public string? ResolvedBy { get; init; }
}
