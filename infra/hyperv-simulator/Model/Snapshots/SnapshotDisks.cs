using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Snapshots;

/// <summary>The disks beneath snapshots: each snapshot freezes those it was made with, and the virtual machine goes on in differencing disks.</summary>
internal static class SnapshotDisks
{
    /// <summary>Lets a configuration go on in new differencing disks on those it has. None is made if one cannot be.</summary>
    public static void Branch(SimulatedHyperVHost host, VmConfiguration configuration)
    {
        var made = new List<string>();
        try
        {
            foreach (var disk in configuration.HardDisks().ToList())
            {
                var path = WindowsPath.Normalize(VmDisks.FileOf(disk));
                var parent = host.Disks.Open(path);
                var child = WindowsPath.Join(WindowsPath.Directory(path)!, $"{StemOf(path)}_{VmConfiguration.Key(host.NewId())}{(parent.Format == VirtualDisk.Vhd ? ".avhd" : ".avhdx")}");
                host.Disks.CreateChild(child, path);
                made.Add(child);
                configuration.Replace(VmDisks.WithFile(disk, child));
            }
        }
        catch (StorageFault)
        {
            made.ForEach(host.Files.TryDelete);
            throw;
        }
    }

    /// <summary>
    /// Brings the disks in order after snapshots have gone: a differencing disk that nobody needs any more is deleted, and one on which only one other stands takes that one in.
    /// </summary>
    /// <param name="host">Where they are.</param>
    /// <param name="vm">Whose disks.</param>
    /// <param name="candidates">Disks that might no longer be needed.</param>
    public static void Tidy(SimulatedHyperVHost host, SimulatedVm vm, IEnumerable<string> candidates)
    {
        var left = new List<string>(candidates.Select(WindowsPath.Normalize).Distinct(StringComparer.OrdinalIgnoreCase));
        while (left.Count > 0)
        {
            var path = left[^1];
            left.RemoveAt(left.Count - 1);
            if (host.Files.Find(path)?.Content is not VirtualDisk disk || UsedBy(vm, path))
            {
                continue;
            }

            var children = Children(host, vm, path);
            if (children.Count == 0 && disk.Type == VirtualDisk.Differencing)
            {
                host.Files.Delete(path);
                left.Add(disk.ParentPath!);
            }
            else if (children.Count == 1)
            {
                TakeIn(host, vm, path, children[0]);
                left.Add(path);
            }
        }
    }

    /// <summary>How many bytes tidying would write at most.</summary>
    public static ulong Bytes(SimulatedHyperVHost host, VmConfiguration snapshot) => snapshot.DiskPaths().Aggregate(0UL, (sum, path) => sum + (host.Files.Find(path)?.Content is VirtualDisk disk ? disk.WrittenBytes : 0));

    private static void TakeIn(SimulatedHyperVHost host, SimulatedVm vm, string path, string child)
    {
        var grandchildren = Children(host, vm, child);
        host.Disks.Merge(child, path);
        foreach (var one in grandchildren)
        {
            host.Disks.SetParent(one, path, ignoreMismatch: true);
        }

        var moved = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [child] = path };
        vm.Configuration.Redirect(moved);
        vm.Snapshots.ForEach(snapshot => snapshot.Redirect(moved));
    }

    private static bool UsedBy(SimulatedVm vm, string path) =>
        vm.Snapshots.Append(vm.Configuration).SelectMany(one => one.DiskPaths()).Any(used => path.Equals(VmDisks.TryNormalize(used), StringComparison.OrdinalIgnoreCase));

    /// <summary>The disks of the machine that stand on one, from the directory where they are all made.</summary>
    private static List<string> Children(SimulatedHyperVHost host, SimulatedVm vm, string path) =>
        [.. vm.Snapshots.Append(vm.Configuration).SelectMany(one => one.DiskPaths()).SelectMany(leaf => Chain(host, leaf))
            .Where(one => path.Equals(one.Disk.ParentPath, StringComparison.OrdinalIgnoreCase)).Select(one => one.Path).Distinct(StringComparer.OrdinalIgnoreCase)];

    private static IEnumerable<(string Path, VirtualDisk Disk)> Chain(SimulatedHyperVHost host, string leaf)
    {
        for (var path = leaf; path is not null && host.Files.Find(path)?.Content is VirtualDisk disk; path = disk.ParentPath)
        {
            yield return (WindowsPath.Normalize(path), disk);
        }
    }

    private static string StemOf(string path)
    {
        var stem = WindowsPath.Stem(path);
        return stem.Length > 37 && stem[^37] == '_' && Guid.TryParse(stem[^36..], out _) ? stem[..^37] : stem;
    }
}
