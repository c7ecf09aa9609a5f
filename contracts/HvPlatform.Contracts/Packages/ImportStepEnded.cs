using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.Packages;

/// <summary>A host's agent answers a step of an import.</summary>
public sealed record ImportStepEnded
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The id the operation holds; with a new identity the VM gets it where the hypervisor lets anyone choose.</summary>
    public required VmId VmId { get; init; }

    /// <summary>How it ended.</summary>
    public required PackageOutcome Outcome { get; init; }

    /// <summary>What was checked, if the step is a check.</summary>
    public IReadOnlyList<MigrationFinding> Findings { get; init; } = [];

    /// <summary>What the export holds, where the step learned it.</summary>
    public PackageManifest? Manifest { get; init; }

    /// <summary>The VM, once it exists.</summary>
    public VmInfo? Vm { get; init; }

    /// <summary>Why it could not be started, if it was to be.</summary>
    public ErrorInfo? StartError { get; init; }

    /// <summary>Why not.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
