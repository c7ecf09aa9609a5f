using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary>A migration as the API shows it: the orchestrator's own row, with what the inventory has recorded of its course.</summary>
internal sealed record MigrationView
{
    public required OperationId Id { get; init; }

    public required VmId VmId { get; init; }

    public required string VmName { get; init; }

    public required HostId SourceHostId { get; init; }

    public string? SourceHostName { get; init; }

    public required HostId DestinationHostId { get; init; }

    public string? DestinationHostName { get; init; }

    public required OperationStatus Status { get; init; }

    public required MigrationPhase Phase { get; init; }

    /// <summary>The phases entered so far, in order.</summary>
    public required IReadOnlyList<MigrationPhaseEntry> Phases { get; init; }

    /// <summary>The transfer's figures, while and after it runs.</summary>
    public MigrationProgress? Progress { get; init; }

    public DateTimeOffset? ProgressAt { get; init; }

    public required MigrationPolicy Policy { get; init; }

    /// <summary>The fencing token granted to it.</summary>
    public required long Epoch { get; init; }

    /// <summary>Who asked, why, when.</summary>
    public required Trail Trail { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>Why it did not complete, down to the hypervisor's own error.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>Of a migration in doubt: who has not answered.</summary>
    public IReadOnlyList<HostId>? UnansweredHostIds { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>From acceptance to the end.</summary>
    public long? TotalMs { get; init; }

    /// <summary>How long the guest was paused, as the hypervisor measured.</summary>
    public long? DowntimeMs { get; init; }

    public long? TransferredBytes { get; init; }

    public required string Url { get; init; }

    public required string OperationUrl { get; init; }

    public required string VmUrl { get; init; }
}

/// <summary>When a migration entered a phase.</summary>
internal sealed record MigrationPhaseEntry
{
    public required MigrationPhase Phase { get; init; }

    public required DateTimeOffset EnteredAt { get; init; }
}
