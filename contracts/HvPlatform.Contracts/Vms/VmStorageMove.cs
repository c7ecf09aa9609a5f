namespace HvPlatform.Contracts.Vms;

/// <summary>Where a VM's storage goes on its own host: everything into a directory, or single disks, or both.</summary>
public sealed record VmStorageMove
{
    /// <summary>The directory for the VM's configuration, checkpoints and all disks that <see cref="Disks"/> does not name; null to move those it names only.</summary>
    public string? Directory { get; init; }

    /// <summary>Disks with a place of their own.</summary>
    public IReadOnlyList<VmDiskMove> Disks { get; init; } = [];

    /// <summary>The old files stay.</summary>
    public bool RetainSource { get; init; }
}
