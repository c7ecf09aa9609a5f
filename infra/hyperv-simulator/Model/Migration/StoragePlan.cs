using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary>Which disk files go where. A disk takes the disks beneath it along, and those of the snapshots that stand on the same ones.</summary>
/// <param name="Copies">From normal path to normal path, with the file.</param>
internal sealed record StoragePlan(IReadOnlyList<(string From, string To, SimulatedFile File)> Copies)
{
    public static readonly StoragePlan Nothing = new([]);

    public ulong Bytes => Copies.Aggregate(0UL, (sum, one) => sum + one.File.SizeBytes);

    public IReadOnlyDictionary<string, string> Paths => Copies.ToDictionary(one => one.From, one => one.To, StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The plan for what <see cref="MigrationRequest.NewResources"/> says: settings of the virtual machine's own drives with another file. A <see cref="StorageFault"/> if a file is
    /// missing.
    /// </summary>
    public static StoragePlan Of(SimulatedHyperVHost source, SimulatedVm vm, MigrationRequest request)
    {
        if (!request.MovesStorage && request.Type != MigrationType.StorageDeepCheck)
        {
            return Nothing;
        }

        var paths = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var wanted in request.NewResources.Where(one => one.ClassName.Equals("Msvm_StorageAllocationSettingData", StringComparison.OrdinalIgnoreCase)))
        {
            if (vm.Configuration.Find(wanted.String("InstanceID") ?? string.Empty) is { } own && own.String("ResourceSubType") == VmDisks.HardDisk && wanted.Array<string>("HostResource") is [var target, ..])
            {
                Map(source, paths, VmDisks.FileOf(own), WindowsPath.Normalize(target));
            }
        }

        // Snapshots whose disks stand on one that goes along go to the same directory.
        foreach (var path in vm.Snapshots.SelectMany(snapshot => snapshot.DiskPaths()))
        {
            var chain = source.Disks.Chain(path);
            if (chain.Select(one => paths.GetValueOrDefault(one.Path)).FirstOrDefault(to => to is not null) is { } beside)
            {
                Map(source, paths, path, WindowsPath.Join(WindowsPath.Directory(beside)!, WindowsPath.FileName(path)));
            }
        }

        foreach (var (from, to) in request.UnmanagedDisks)
        {
            Map(source, paths, from, to);
        }

        // The same path is the same file, unless it is on a drive of another host.
        bool Stays(string from, string to) => from.Equals(to, StringComparison.OrdinalIgnoreCase) && (request.Type == MigrationType.Storage || WindowsPath.IsShare(from));
        return new StoragePlan([.. paths.Where(pair => !Stays(pair.Key, pair.Value)).Select(pair => (pair.Key, pair.Value, source.Files.Read(pair.Key)))]);
    }

    /// <summary>Makes the files at their new places, without content yet; those made are undone if one cannot be made.</summary>
    public void Reserve(HostFiles target, bool overwrite)
    {
        var made = new List<string>();
        try
        {
            foreach (var (_, to, file) in Copies)
            {
                target.WriteWithDirectory(to, file.SizeBytes, content: null, overwrite);
                made.Add(to);
            }
        }
        catch (StorageFault)
        {
            made.ForEach(target.TryDelete);
            throw;
        }
    }

    /// <summary>Deletes what <see cref="Reserve"/> made.</summary>
    public void Undo(HostFiles target)
    {
        foreach (var (_, to, _) in Copies)
        {
            target.TryDelete(to);
        }
    }

    /// <summary>Writes the content of the files, as they are now, at their new places; differencing disks find their parents there.</summary>
    public void Fill(HostFiles source, HostFiles target)
    {
        var paths = Paths;
        foreach (var (from, to, _) in Copies)
        {
            var file = source.Read(from);
            var content = file.Content is VirtualDisk { ParentPath: { } parent } disk && paths.TryGetValue(parent, out var moved) ? disk with { ParentPath = moved } : file.Content;
            target.Write(to, file.SizeBytes, content);
        }
    }

    private static void Map(SimulatedHyperVHost source, Dictionary<string, string> paths, string from, string to)
    {
        var directory = WindowsPath.Directory(to)!;
        foreach (var (path, _) in source.Disks.Chain(from))
        {
            paths.TryAdd(path, path.Equals(WindowsPath.Normalize(from), StringComparison.OrdinalIgnoreCase) ? to : WindowsPath.Join(directory, WindowsPath.FileName(path)));
        }
    }
}
