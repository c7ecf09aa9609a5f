namespace HvPlatform.HyperVSimulator.Model.Storage;

/// <summary>
/// A file system in memory: a host's own volumes, or the shares that a whole fleet sees. Paths are Windows', compared without case. It has a lock of its own, held for the
/// length of one call and never while calling anything else, since hosts with different locks share one.
/// </summary>
/// <param name="capacityBytes">How many bytes all files together may have.</param>
/// <param name="time">When files are written.</param>
public sealed class SimulatedFileSystem(ulong capacityBytes, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, SimulatedFile> files = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> directories = new(StringComparer.OrdinalIgnoreCase);
    private ulong usedBytes;

    /// <summary>How many bytes there are at all.</summary>
    public ulong CapacityBytes { get; set; } = capacityBytes;

    /// <summary>Refuses every change while true.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>How many bytes the files have.</summary>
    public ulong UsedBytes
    {
        get
        {
            lock (gate)
            {
                return usedBytes;
            }
        }
    }

    /// <summary>The file, or null. A path that is none is null too.</summary>
    public SimulatedFile? Find(string? path)
    {
        lock (gate)
        {
            return TryNormalize(path) is { } normal ? files.GetValueOrDefault(normal) : null;
        }
    }

    /// <summary>The file; a <see cref="StorageFault"/> if there is none.</summary>
    public SimulatedFile Read(string path)
    {
        var normal = WindowsPath.Normalize(path);
        lock (gate)
        {
            return files.GetValueOrDefault(normal) ?? throw Missing(normal);
        }
    }

    /// <summary>Whether there is such a directory. Roots of drives and shares always are.</summary>
    public bool DirectoryExists(string path)
    {
        lock (gate)
        {
            return TryNormalize(path) is { } normal && IsDirectory(normal);
        }
    }

    /// <summary>Makes a directory and those above it.</summary>
    public void CreateDirectory(string path)
    {
        var normal = WindowsPath.Normalize(path);
        lock (gate)
        {
            CheckWritable(normal);
            for (var one = normal; one is not null && directories.Add(one); one = WindowsPath.Directory(one))
            {
                if (files.ContainsKey(one))
                {
                    directories.Remove(one);
                    throw new StorageFault(StorageError.FileExists, one, "A file of this name is where the directory should be");
                }
            }
        }
    }

    /// <summary>Writes a file whose directory must exist.</summary>
    /// <param name="path">Where.</param>
    /// <param name="sizeBytes">How large, in bytes.</param>
    /// <param name="content">What is in it.</param>
    /// <param name="overwrite">Whether an older file may be there.</param>
    public SimulatedFile Write(string path, ulong sizeBytes, object? content = null, bool overwrite = true)
    {
        var normal = WindowsPath.Normalize(path);
        lock (gate)
        {
            CheckWritable(normal);
            if (WindowsPath.Directory(normal) is not { } directory || IsDirectory(normal))
            {
                throw new StorageFault(StorageError.AccessDenied, normal, "A directory cannot be written like a file");
            }

            if (!IsDirectory(directory))
            {
                throw new StorageFault(StorageError.PathNotFound, normal, "The system cannot find the path specified");
            }

            files.TryGetValue(normal, out var older);
            if (older is not null && !overwrite)
            {
                throw new StorageFault(StorageError.FileExists, normal, "The file exists");
            }

            CheckChangeable(older);
            var without = usedBytes - (older?.SizeBytes ?? 0);
            if (sizeBytes > CapacityBytes || without > CapacityBytes - sizeBytes)
            {
                throw new StorageFault(StorageError.DiskFull, normal, "There is not enough space on the disk");
            }

            usedBytes = without + sizeBytes;
            return files[normal] = new SimulatedFile(older?.Path ?? normal, sizeBytes, content) { WrittenAt = time.GetUtcNow() };
        }
    }

    /// <summary>Sets or clears the file's read-only mark.</summary>
    public void SetReadOnly(string path, bool readOnly)
    {
        var normal = WindowsPath.Normalize(path);
        lock (gate)
        {
            files[normal] = (files.GetValueOrDefault(normal) ?? throw Missing(normal)) with { ReadOnly = readOnly };
        }
    }

    /// <summary>Deletes a file.</summary>
    public void Delete(string path)
    {
        var normal = WindowsPath.Normalize(path);
        lock (gate)
        {
            CheckWritable(normal);
            var file = files.GetValueOrDefault(normal) ?? throw Missing(normal);
            CheckChangeable(file);
            files.Remove(normal);
            usedBytes -= file.SizeBytes;
        }
    }

    /// <summary>The files in a directory and those beneath it, by path.</summary>
    public IReadOnlyList<SimulatedFile> List(string directory)
    {
        var prefix = WindowsPath.Normalize(directory).TrimEnd('\\') + "\\";
        lock (gate)
        {
            return [.. files.Where(pair => pair.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).Select(pair => pair.Value)];
        }
    }

    private static string? TryNormalize(string? path)
    {
        try
        {
            return WindowsPath.Normalize(path);
        }
        catch (StorageFault)
        {
            return null;
        }
    }

    private bool IsDirectory(string normal) => WindowsPath.Directory(normal) is null || directories.Contains(normal);

    private StorageFault Missing(string normal) => WindowsPath.Directory(normal) is { } directory && IsDirectory(directory)
        ? new StorageFault(StorageError.FileNotFound, normal, "The system cannot find the file specified")
        : new StorageFault(StorageError.PathNotFound, normal, "The system cannot find the path specified");

    private void CheckWritable(string normal)
    {
        if (ReadOnly)
        {
            throw new StorageFault(StorageError.AccessDenied, normal, "The media is write protected");
        }
    }

    private static void CheckChangeable(SimulatedFile? file)
    {
        if (file is { ReadOnly: true })
        {
            throw new StorageFault(StorageError.AccessDenied, file.Path, "Access is denied: the file is read-only");
        }
    }
}
