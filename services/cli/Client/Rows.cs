using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Cli.Client;

/// <summary>What the client uses of an operation.</summary>
internal sealed record OperationRow
{
    public required OperationId Id { get; init; }

    public required OperationKind Kind { get; init; }

    public required OperationStatus Status { get; init; }

    public required VmId VmId { get; init; }

    public string? VmName { get; init; }

    public ErrorInfo? Error { get; init; }

    /// <summary>Nothing more will happen to it.</summary>
    public bool IsFinal => Status is OperationStatus.Succeeded or OperationStatus.Failed or OperationStatus.Cancelled or OperationStatus.RolledBack;
}

/// <summary>What the client uses of a migration.</summary>
internal sealed record MigrationRow
{
    public required OperationId Id { get; init; }

    public required OperationStatus Status { get; init; }

    public required MigrationPhase Phase { get; init; }

    public required IReadOnlyList<PhaseRow> Phases { get; init; }

    public MigrationProgress? Progress { get; init; }

    public required Trail Trail { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public long? TotalMs { get; init; }

    public long? DowntimeMs { get; init; }

    public long? TransferredBytes { get; init; }

    public ErrorInfo? Error { get; init; }

    /// <summary>Nothing more will happen to it.</summary>
    public bool IsFinal => Status is OperationStatus.Succeeded or OperationStatus.Failed or OperationStatus.Cancelled or OperationStatus.RolledBack;

    /// <summary>How long each phase took, ms. The end is not a phase.</summary>
    public IReadOnlyList<(string Name, double Ms)> PhaseTimes() =>
        [.. Phases.Zip(Phases.Skip(1), (phase, next) => (phase.Phase.ToString(), (next.EnteredAt - phase.EnteredAt).TotalMilliseconds))];
}

/// <summary>When a migration entered a phase.</summary>
internal sealed record PhaseRow(MigrationPhase Phase, DateTimeOffset EnteredAt);

/// <summary>What the client uses of a host.</summary>
internal sealed record HostRow(HostId Id, string Name, string Status);

/// <summary>What the client uses of a VM.</summary>
internal sealed record VmRow(VmId Id, string Name, VmState State, HostId HostId);

/// <summary>What the client uses of a problem document.</summary>
internal sealed record ProblemRow(string? Title, string? Detail, string? Advice, Dictionary<string, string[]>? Errors);
