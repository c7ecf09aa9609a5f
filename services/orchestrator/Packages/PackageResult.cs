using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;

namespace HvPlatform.Orchestrator.Packages;

/// <summary>What an export or import came to.</summary>
internal sealed record PackageResult
{
    /// <summary>What an export holds.</summary>
    public PackageManifest? Manifest { get; init; }

    /// <summary>The id of the imported VM on its host.</summary>
    public VmId? ImportedVmId { get; init; }

    /// <summary>Why an imported VM could not be started.</summary>
    public ErrorInfo? StartError { get; init; }

    /// <summary>Of one that failed: whether the host said that nothing is left of it.</summary>
    public bool? Clean { get; init; }

    /// <summary>From its beginning, ms.</summary>
    public required long TotalMs { get; init; }
}
