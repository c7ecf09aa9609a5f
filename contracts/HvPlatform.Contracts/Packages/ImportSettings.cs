namespace HvPlatform.Contracts.Packages;

/// <summary>What is imported and what of it is changed on the way.</summary>
public sealed record ImportSettings
{
    /// <summary>The export's directory on the host (or a share it reaches), below one of its export roots.</summary>
    public required string Directory { get; init; }

    /// <summary>The definition within the directory, if it holds more than one.</summary>
    public string? DefinitionFile { get; init; }

    /// <summary>Whether the VM gets a new identity. Without it the command names the VM the export holds, and that must not exist.</summary>
    public bool NewId { get; init; } = true;

    /// <summary>The name the VM gets; null keeps the exported one.</summary>
    public string? NewName { get; init; }

    /// <summary>Paths of disks on this host, by the paths (or file names) in the export.</summary>
    public IReadOnlyList<ImportMapping> DiskPaths { get; init; } = [];

    /// <summary>Networks or switches of this host, by their names in the export; an empty name leaves the adapter unconnected.</summary>
    public IReadOnlyList<ImportMapping> Networks { get; init; } = [];

    /// <summary>True copies the files out of the export; false registers the VM in place, with the export's own files.</summary>
    public bool Copy { get; init; } = true;

    /// <summary>Where copied disks go; null is the host's own place for them.</summary>
    public string? DiskDirectory { get; init; }

    /// <summary>Whether the VM is started afterwards.</summary>
    public bool Start { get; init; }
}
