namespace HvPlatform.Contracts.Vms;

/// <summary>A file of the host to be copied into a guest.</summary>
public sealed record VmFileCopy
{
    /// <summary>The file on the host, an absolute path.</summary>
    public required string SourcePath { get; init; }

    /// <summary>Where in the guest, an absolute path with the file's name.</summary>
    public required string DestinationPath { get; init; }

    /// <summary>Replace a file that is there.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Make directories that are missing.</summary>
    public bool CreateDirectories { get; init; }
}
