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

    public Trail? Trail { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    public long? TotalMs { get; init; }

    public long? DowntimeMs { get; init; }

    public long? TransferredBytes { get; init; }

    public bool HasEnded => EndedAt is not null;
}

/// <summary>A phase a migration entered; <see cref="Ms"/> is known when it has ended.</summary>
internal sealed record PhaseEntry(MigrationPhase Phase, DateTimeOffset EnteredAt, long? Ms = null);
