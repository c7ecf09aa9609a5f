namespace HvPlatform.HyperVSimulator.Model.Storage;

/// <summary>
/// The files that a host sees: its own drives, and the shares that the fleet sees together (<c>\\server\share\…</c>). A share answers only while this host's network does.
/// </summary>
/// <param name="local">The host's own drives.</param>
/// <param name="shares">The fleet's shares.</param>
public sealed class HostFiles(SimulatedFileSystem local, SimulatedFileSystem shares)
{
    /// <summary>The host's own drives.</summary>
    public SimulatedFileSystem Local { get; } = local;

    /// <summary>The fleet's shares.</summary>
    public SimulatedFileSystem Shares { get; set; } = shares;

    /// <summary>Whether the shares answer.</summary>
    public bool SharesReachable { get; set; } = true;

    /// <summary>The file system that has a path. A <see cref="StorageFault"/> if the path is none, or its share does not answer.</summary>
    public SimulatedFileSystem Of(string? path)
    {
        var normal = WindowsPath.Normalize(path);
        if (!WindowsPath.IsShare(normal))
        {
            return Local;
        }

        return SharesReachable ? Shares : throw new StorageFault(StorageError.NetworkPathNotFound, normal, "The network path was not found");
    }

    /// <summary>The file, or null.</summary>
    public SimulatedFile? Find(string? path)
    {
        try
        {
            return Of(path).Find(path);
        }
        catch (StorageFault)
        {
            return null;
        }
    }

    /// <summary>The file; a <see cref="StorageFault"/> if there is none.</summary>
    public SimulatedFile Read(string path) => Of(path).Read(path);

    /// <summary>Writes a file whose directory must exist.</summary>
    public SimulatedFile Write(string path, ulong sizeBytes, object? content = null, bool overwrite = true) => Of(path).Write(path, sizeBytes, content, overwrite);

    /// <summary>Makes a directory and those above it.</summary>
    public void CreateDirectory(string path) => Of(path).CreateDirectory(path);

    /// <summary>Writes a file, making its directory.</summary>
    public SimulatedFile WriteWithDirectory(string path, ulong sizeBytes, object? content = null, bool overwrite = true)
    {
        if (WindowsPath.Directory(WindowsPath.Normalize(path)) is { } directory)
        {
            CreateDirectory(directory);
        }

        return Write(path, sizeBytes, content, overwrite);
    }

    /// <summary>Deletes a file.</summary>
    public void Delete(string path) => Of(path).Delete(path);

    /// <summary>Deletes a file if it is there and may be deleted.</summary>
    public void TryDelete(string path)
    {
        try
        {
            Delete(path);
        }
        catch (StorageFault)
        {
            // What is gone, or cannot be deleted, stays as it is: the caller is cleaning up.
        }
    }

    /// <summary>Whether there is such a directory.</summary>
    public bool DirectoryExists(string path) => Of(path).DirectoryExists(path);

    /// <summary>The files in a directory and those beneath it, by path.</summary>
    public IReadOnlyList<SimulatedFile> List(string directory) => Of(directory).List(directory);
}
