using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Packages;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>How an operation ended.</summary>
internal sealed record OperationEnd
{
    public required OperationStatus Status { get; init; }

    /// <summary>A migration's last phase; null leaves the operation's as it is.</summary>
    public MigrationPhase? Phase { get; init; }

    /// <summary>An export's or import's last phase.</summary>
    public PackagePhase? PackagePhase { get; init; }

    /// <summary>What an export or import came to.</summary>
    public PackageResult? Result { get; init; }

    public ErrorInfo? Error { get; init; }

    public MigrationFigures? Figures { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>The figures of a migration's terminal message, kept with the operation so that they are there as soon as its status is final.</summary>
internal sealed record MigrationFigures
{
    public required long TotalMs { get; init; }

    public long? DowntimeMs { get; init; }

    public long? TransferredBytes { get; init; }

    public IReadOnlyList<string> LeftOnSource { get; init; } = [];
}

/// <summary>What is not known of a migration in doubt.</summary>
internal sealed record MigrationDoubt
{
    public required DateTimeOffset Since { get; init; }

    /// <summary>One sentence.</summary>
    public required string Unknown { get; init; }

    /// <summary>Who has not answered.</summary>
    public required IReadOnlyList<HostId> UnansweredHostIds { get; init; }
}

/// <summary>An operator's word on a migration in doubt, and what became of it.</summary>
internal sealed record OperatorResolution
{
    public required MigrationResolution Resolution { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The word on an export or import; <see cref="Resolution"/> then says nothing.</summary>
    public PackageResolution? Package { get; init; }

    /// <summary>When the saga acted on it.</summary>
    public DateTimeOffset? AppliedAt { get; init; }

    /// <summary>Why the saga did not act on it.</summary>
    public ErrorInfo? Rejected { get; init; }
}
