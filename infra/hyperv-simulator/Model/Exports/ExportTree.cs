using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Snapshots;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Exports;

/// <summary>The files that an export writes: configurations, the guest's state, snapshots, disks.</summary>
internal sealed class ExportTree
{
    public const string Machines = "Virtual Machines";
    public const string SnapshotFolder = "Snapshots";
    public const string Disks = "Virtual Hard Disks";
    private const ulong ConfigurationBytes = 64 << 10;
    private readonly List<(string Path, ulong Bytes, object? Content)> files = [];
    private readonly Dictionary<string, string> moved = new(StringComparer.OrdinalIgnoreCase);
    private readonly SimulatedHyperVHost host;
    private readonly string root;

    /// <summary>Plans the export as the virtual machine is now. A <see cref="StorageFault"/> if one of its disks is missing.</summary>
    public ExportTree(SimulatedHyperVHost host, SimulatedVm vm, ExportSettings settings, string root)
    {
        this.host = host;
        this.root = root;
        var top = settings.SnapshotId is { } id ? vm.Snapshots.Find(one => one.Id == id)!.CopyAs(settings.Snapshots == ExportSettings.OneSnapshotForBackup ? vm.Id : Guid.Parse(id), host.Name) : vm.Configuration;
        var snapshots = settings.Snapshots == ExportSettings.AllSnapshots ? vm.Snapshots : [];
        if (settings.CopyStorage)
        {
            foreach (var disk in snapshots.Append(top).SelectMany(one => one.HardDisks()).Where(disk => !IsExcluded(settings, disk)))
            {
                Copy(VmDisks.FileOf(disk), merge: settings.Snapshots == ExportSettings.OneSnapshot);
            }
        }

        var saved = settings.SnapshotId is not null ? top.Settings.Boolean("IsSaved") == true : vm.State == VmState.Saved || (vm.State != VmState.Off && settings.LiveState == 1);
        Add(Machines, top, vm.Name, settings.CopyRuntime && saved, settings.SnapshotId is null && snapshots.Count > 0, vm);
        foreach (var snapshot in snapshots)
        {
            Add(SnapshotFolder, snapshot, null, settings.CopyRuntime && snapshot.Settings.Boolean("IsSaved") == true, withParent: true, vm);
        }
    }

    /// <summary>How much is written, in bytes.</summary>
    public ulong Bytes => files.Aggregate(0UL, (sum, file) => sum + file.Bytes);

    /// <summary>Writes everything, or nothing.</summary>
    public void Write()
    {
        var written = new List<string>();
        try
        {
            foreach (var (path, bytes, content) in files)
            {
                host.Files.WriteWithDirectory(path, bytes, content, overwrite: false);
                written.Add(path);
            }
        }
        catch (StorageFault)
        {
            written.ForEach(host.Files.TryDelete);
            throw;
        }
    }

    private void Add(string folder, VmConfiguration configuration, string? name, bool runtime, bool withParent, SimulatedVm vm)
    {
        var copy = configuration.CopyAs(Guid.Parse(configuration.Id), host.Name);
        copy.Redirect(moved);
        var settings = HostSnapshots.WithParent(copy.Settings, withParent ? HostSnapshots.ParentIdOf(copy.Settings) : null, host.Name);
        settings["ElementName"] = name ?? settings["ElementName"];
        settings["IsSaved"] = runtime;
        foreach (var directory in (string[])["ConfigurationDataRoot", "GuestStateDataRoot", "LogDataRoot", "SnapshotDataRoot", "SuspendDataRoot", "SwapFileDataRoot"])
        {
            settings[directory] = root;
        }

        var stem = WindowsPath.Join(WindowsPath.Join(root, folder), copy.Id);
        files.Add((stem + ".vmcx", ConfigurationBytes, new ExportedDefinition(settings, copy.Resources, runtime, withParent ? vm.LastAppliedSnapshotId : null)));
        if (runtime)
        {
            files.Add((stem + ".vmrs", (ulong)(copy.Of("Msvm_MemorySettingData").FirstOrDefault()?.Number("VirtualQuantity") ?? 0) << 20, null));
        }
    }

    private void Copy(string disk, bool merge)
    {
        var chain = host.Disks.Chain(disk);
        if (moved.ContainsKey(chain[0].Path))
        {
            return;
        }

        if (merge && chain.Count > 1)
        {
            var top = chain[0].Disk;
            var whole = chain[^1].Disk with { MaxInternalSizeBytes = top.MaxInternalSizeBytes, WrittenBytes = Math.Min(top.MaxInternalSizeBytes, chain.Aggregate(0UL, (sum, one) => sum + one.Disk.WrittenBytes)) };
            var path = Free(WindowsPath.FileName(chain[^1].Path));
            moved.Add(chain[0].Path, path);
            files.Add((path, whole.FileSizeBytes, whole));
            return;
        }

        // Parents first, so that each child knows its parent's new place.
        foreach (var (path, link) in chain.Reverse())
        {
            if (!moved.ContainsKey(path))
            {
                var to = Free(WindowsPath.FileName(path));
                moved.Add(path, to);
                files.Add((to, link.FileSizeBytes, link.ParentPath is { } parent ? link with { ParentPath = moved[WindowsPath.Normalize(parent)] } : link));
            }
        }
    }

    private string Free(string name)
    {
        var directory = WindowsPath.Join(root, Disks);
        var path = WindowsPath.Join(directory, name);
        for (var number = 1; files.Exists(file => file.Path.Equals(path, StringComparison.OrdinalIgnoreCase)); number++)
        {
            path = WindowsPath.Join(directory, $"{WindowsPath.Stem(name)}_{number}{WindowsPath.Extension(name)}");
        }

        return path;
    }

    private static bool IsExcluded(ExportSettings settings, CimInstance disk) => settings.Excluded.Any(one =>
        one.Equals(VmDisks.FileOf(disk), StringComparison.OrdinalIgnoreCase)
        || (CimPath.TryParse(one, out var path) && string.Equals(path!["InstanceID"], disk.String("InstanceID"), StringComparison.OrdinalIgnoreCase)));
}
