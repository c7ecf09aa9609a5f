using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.Packages;

/// <summary>What an export holds. The libvirt and simulated drivers keep it as <c>manifest.json</c> in the directory.</summary>
public sealed record PackageManifest
{
    /// <summary>The version of this form; 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The operation that wrote it; null if the platform did not.</summary>
    public OperationId? OperationId { get; init; }

    /// <summary>The hypervisor it is for.</summary>
    public required HypervisorKind Hypervisor { get; init; }

    /// <summary>Its version, as it tells it.</summary>
    public string? HypervisorVersion { get; init; }

    /// <summary>The VM's id when it was exported.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Its name when it was exported.</summary>
    public required string VmName { get; init; }

    /// <summary>How much was exported.</summary>
    public required ExportMode Mode { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset ExportedAt { get; init; }

    /// <summary>Its files, the definition first.</summary>
    public required IReadOnlyList<PackageFile> Files { get; init; }

    /// <summary>The VM as it was.</summary>
    public VmInfo? Vm { get; init; }
}
