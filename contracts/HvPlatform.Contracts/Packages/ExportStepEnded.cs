using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.Packages;

/// <summary>A host's agent answers a step of an export.</summary>
public sealed record ExportStepEnded
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>How it ended.</summary>
    public required PackageOutcome Outcome { get; init; }

    /// <summary>What was checked, if the step is a check.</summary>
    public IReadOnlyList<MigrationFinding> Findings { get; init; } = [];

    /// <summary>What the export holds, where the step learned it.</summary>
    public PackageManifest? Manifest { get; init; }

    /// <summary>Why not.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
