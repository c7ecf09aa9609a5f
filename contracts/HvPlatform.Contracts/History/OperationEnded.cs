using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: the one terminal event.</summary>
public sealed record OperationEnded
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The VM it is about.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host that did it; the source of a migration.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The destination of a migration.</summary>
    public HostId? DestinationHostId { get; init; }

    /// <summary>How it ended.</summary>
    public required OperationStatus Status { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why it did not succeed.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>From acceptance to the end, ms.</summary>
    public long? TotalMs { get; init; }

    /// <summary>Each phase of a migration, in order.</summary>
    public IReadOnlyList<MigrationPhaseTime> Phases { get; init; } = [];

    /// <summary>How long the guest was paused, ms.</summary>
    public long? DowntimeMs { get; init; }

    /// <summary>Bytes moved.</summary>
    public long? TransferredBytes { get; init; }

    /// <summary>Files of copied disks that stay on a migration's source until a person removes them.</summary>
    public IReadOnlyList<string> LeftOnSource { get; init; } = [];
}
