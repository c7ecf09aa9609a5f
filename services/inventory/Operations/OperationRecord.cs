using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Inventory.Operations;

/// <summary>An operation: the fold of its stream. A row of table <c>operations</c>.</summary>
internal sealed record OperationRecord
{
    public required OperationId Id { get; init; }

    public required long Version { get; init; }

    public OperationKind Kind { get; init; }

    public OperationStatus Status { get; init; }

    public required VmId VmId { get; init; }

    public HostId? HostId { get; init; }

    public HostId? DestinationHostId { get; init; }

    public long? Epoch { get; init; }

    public MigrationPhase? Phase { get; init; }

    public DateTimeOffset? PhaseAt { get; init; }

    public IReadOnlyList<PhaseEntry> Phases { get; init; } = [];

    public MigrationPolicy? Policy { get; init; }

    public ErrorInfo? Error { get; init; }

    public IReadOnlyList<HostId> UnansweredHostIds { get; init; } = [];

    /// <summary>Since when it is in doubt, and what is not known; null when it is not.</summary>
    public DateTimeOffset? InDoubtSince { get; init; }

    public string? Unknown { get; init; }

    public MigrationForecast? Forecast { get; init; }

    /// <summary>The operator's word that ended a doubt.</summary>
    public ResolvedBy? Resolution { get; init; }

    public Trail? Trail { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    public long? TotalMs { get; init; }

    public long? DowntimeMs { get; init; }

    public long? TransferredBytes { get; init; }

    public IReadOnlyList<string> LeftOnSource { get; init; } = [];

    public bool HasEnded => EndedAt is not null;
}

/// <summary>A phase a migration entered; <see cref="Ms"/> is known when it has ended.</summary>
internal sealed record PhaseEntry(MigrationPhase Phase, DateTimeOffset EnteredAt, long? Ms = null);

/// <summary>Who ended a doubt, how and when.</summary>
internal sealed record ResolvedBy(MigrationResolution Resolution, Trail Trail, DateTimeOffset At);
