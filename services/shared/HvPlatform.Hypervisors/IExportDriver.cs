using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors;

/// <summary>
/// Exporting VMs into directories of the host and making VMs of such exports (facet <c>export</c>). Everything made is marked with the operation's id until it is
/// whole, so that each call may come again after a crash: it finds what the operation made before, goes on or begins anew, and never touches what is another's.
/// Directories were checked against the host's export roots before; a driver that reads the host's files also refuses to be led out of them by links.
/// </summary>
public interface IExportDriver
{
    /// <summary>Can this VM be exported so? Reads only.</summary>
    Task<IReadOnlyList<MigrationFinding>> CheckExportAsync(ExportRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Writes the export and returns what it holds; one the operation has finished before is returned as it is. Cancelling the token stops it and throws Cancelled;
    /// what it has written stays, marked, for <see cref="DiscardExportAsync"/>. A VM in a state that does not allow it is InvalidState, a directory in use Conflict.
    /// </summary>
    Task<PackageManifest> ExportAsync(ExportRequest request, IProgress<PackageProgress> progress, CancellationToken cancellationToken);

    /// <summary>What there is of the operation's export.</summary>
    Task<PackageSeen> InspectExportAsync(ExportRequest request, CancellationToken cancellationToken);

    /// <summary>Removes what the operation wrote, also a whole export, and nothing else.</summary>
    Task DiscardExportAsync(ExportRequest request, CancellationToken cancellationToken);

    /// <summary>What does the directory hold, and can it be imported so? Reads only. The manifest is null if there is none to be read.</summary>
    Task<(IReadOnlyList<MigrationFinding> Findings, PackageManifest? Manifest)> CheckImportAsync(ImportRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Copies what is to be copied, checks it, and makes the VM's definition as it is to be: name, id, disk paths, networks. The host has no such VM yet.
    /// Cancelling the token stops it and throws Cancelled.
    /// </summary>
    Task PlanImportAsync(ImportRequest request, IProgress<PackageProgress> progress, CancellationToken cancellationToken);

    /// <summary>Would the planned VM be one that this host can run? Reads only.</summary>
    Task<IReadOnlyList<MigrationFinding>> ValidateImportAsync(ImportRequest request, CancellationToken cancellationToken);

    /// <summary>Makes the planned VM a VM; one the operation has made before is returned as it is. It is not started.</summary>
    Task<VmInfo> RealiseImportAsync(ImportRequest request, CancellationToken cancellationToken);

    /// <summary>What there is of the operation's import.</summary>
    Task<PackageSeen> InspectImportAsync(ImportRequest request, CancellationToken cancellationToken);

    /// <summary>Removes the planned VM and the files copied for it. Refuses (InvalidState) if the VM exists.</summary>
    Task DiscardImportAsync(ImportRequest request, CancellationToken cancellationToken);
}

/// <summary>One export.</summary>
/// <param name="Operation">Marks what is made.</param>
/// <param name="Vm">The VM.</param>
/// <param name="Settings">Where and how.</param>
/// <param name="Root">The export root that the directory lies below.</param>
public sealed record ExportRequest(OperationId Operation, VmId Vm, ExportSettings Settings, string Root);

/// <summary>One import.</summary>
/// <param name="Operation">Marks what is made.</param>
/// <param name="Vm">The id the VM gets or keeps; a hypervisor that chooses ids itself gives a new one its own.</param>
/// <param name="Settings">What and how.</param>
/// <param name="Root">The export root that the directory lies below.</param>
public sealed record ImportRequest(OperationId Operation, VmId Vm, ImportSettings Settings, string Root)
{
    /// <summary>The directories below which the settings' disks lie.</summary>
    public IReadOnlyList<string> DiskRoots { get; init; } = [];
}

/// <summary>What there is of an operation's export or import.</summary>
public sealed record PackageSeen(PackagePresence Presence, PackageManifest? Manifest = null, VmInfo? Vm = null)
{
    /// <summary>Nothing.</summary>
    public static PackageSeen Nothing { get; } = new(PackagePresence.None);
}
