using HvPlatform.HyperVSimulator.Model.Exports;
using HvPlatform.HyperVSimulator.Model.Guest;
using HvPlatform.HyperVSimulator.Model.Hardware;
using HvPlatform.HyperVSimulator.Model.Migration;
using HvPlatform.HyperVSimulator.Model.Network;
using HvPlatform.HyperVSimulator.Model.Snapshots;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>What a host has beside its virtual machines.</summary>
public sealed partial class SimulatedHyperVHost
{
    /// <summary>The files it sees.</summary>
    public HostFiles Files { get; private set; } = null!;

    /// <summary>Virtual hard disks in its files.</summary>
    public VirtualDisks Disks { get; private set; } = null!;

    /// <summary>Its virtual switches.</summary>
    public IReadOnlyList<SimulatedSwitch> Switches => NetworkSwitches.All;

    internal HostSwitches NetworkSwitches { get; private set; } = null!;

    internal ImageManagement Images { get; private set; } = null!;

    /// <summary>Makes a virtual switch. Under the host's lock.</summary>
    public SimulatedSwitch AddSwitch(string name, SwitchKind kind, Guid? id = null) => NetworkSwitches.Add(id ?? NewId(), name, kind);

    /// <summary>Whether a virtual machine that is not off has the disk, by itself or beneath another, or it is mounted into the host.</summary>
    internal bool IsDiskInUse(string path)
    {
        bool Uses(string top) => top.Equals(path, StringComparison.OrdinalIgnoreCase) || Parents(top).Any(parent => parent.Equals(path, StringComparison.OrdinalIgnoreCase));
        return Images.MountedPaths.Any(Uses) || Vms.Values.Where(vm => vm.State is not (VmState.Off or VmState.Saved)).Any(vm => vm.Configuration.DiskPaths().Any(Uses));
    }

    private IEnumerable<string> Parents(string top)
    {
        for (var disk = Files.Find(top)?.Content as VirtualDisk; disk?.ParentPath is { } parent; disk = Files.Find(parent)?.Content as VirtualDisk)
        {
            yield return parent;
        }
    }

    private void AddParts()
    {
        var local = new SimulatedFileSystem(Options.DiskBytes, Clock);
        Files = new HostFiles(local, new SimulatedFileSystem(Options.DiskBytes, Clock));
        foreach (var directory in (string[])[DefaultPaths.ExternalDataRoot, DefaultPaths.VirtualHardDisks])
        {
            local.CreateDirectory(directory);
        }

        Disks = new VirtualDisks(Files, NewId);
        Images = new ImageManagement(this);
        _ = new VmDefinitions(this);
        _ = new HostHardware(this);
        _ = new PortFeatures(this);
        _ = new KvpService(this);
        _ = new GuestConsole(this);
        _ = new GuestFiles(this);
        _ = new GuestNetworks(this);
        _ = new HostSnapshots(this);
        _ = new HostExports(this);
        _ = new HostImports(this);
        Migrations = new MigrationService(this);
        NetworkSwitches = new HostSwitches(this, Options.NetworkAdapters);
        _ = new SwitchPorts(this);
    }
}
