using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Storage;
using HvPlatform.HyperVSimulator.Model.Vms;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>The virtual machines of a host, their configurations and how they are found.</summary>
public sealed partial class SimulatedHyperVHost
{
    private readonly Dictionary<string, (SimulatedVm Vm, VmConfiguration Snapshot)> snapshotIndex = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All machines, realized and planned.</summary>
    internal IEnumerable<SimulatedVm> AllVms => vms.Values.Concat(plannedVms.Values);

    internal VmResources Resources { get; private set; } = null!;

    internal VmPower Power { get; private set; } = null!;

    internal VmManagement Management { get; private set; } = null!;

    /// <summary>A virtual machine by the path of its <c>Msvm_ComputerSystem</c> or <c>Msvm_PlannedComputerSystem</c>, or null. The host itself is none.</summary>
    public SimulatedVm? FindVm(CimPath? path) => path?["Name"] is not { } name ? null
        : path.ClassName.Equals("Msvm_PlannedComputerSystem", StringComparison.OrdinalIgnoreCase) ? plannedVms.GetValueOrDefault(name)
        : path.ClassName.Equals("Msvm_ComputerSystem", StringComparison.OrdinalIgnoreCase) ? vms.GetValueOrDefault(name) : null;

    /// <summary>The machine and the configuration that an <c>InstanceID</c> (of settings or of a resource) belongs to, or null.</summary>
    public (SimulatedVm Vm, VmConfiguration Configuration)? FindConfiguration(string? instanceId)
    {
        if (instanceId is null || !instanceId.StartsWith("Microsoft:", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var rest = instanceId["Microsoft:".Length..];
        var end = rest.IndexOf('\\', StringComparison.Ordinal);
        var key = end < 0 ? rest : rest[..end];
        return vms.TryGetValue(key, out var vm) || plannedVms.TryGetValue(key, out vm) ? (vm, vm.Configuration) : FindSnapshot(key);
    }

    /// <summary>Makes a virtual machine as it would be after somebody had made and set it up, without jobs.</summary>
    public SimulatedVm AddVm(NewVm wanted)
    {
        lock (Gate)
        {
            var id = wanted.Id ?? NewId();
            var now = Timeline.Now;
            var configuration = VmBuilder.New(this, id, wanted.Name, wanted.Generation);
            var vm = new SimulatedVm(id, configuration) { ConfiguredAt = now };
            Seed(configuration, wanted);
            vm.Guest.IsInstalled = wanted.GuestOperatingSystem is not null;
            vm.Guest.OperatingSystem = wanted.GuestOperatingSystem ?? string.Empty;
            Place(vm, planned: false);
            if (wanted.State is VmState.Running or VmState.Paused or VmState.Saved)
            {
                var since = now - wanted.Since;
                VmPower.Started(this, vm, since);
                if (wanted.State != VmState.Running)
                {
                    vm.Enter(wanted.State, since);
                }

                VmPower.MarkSaved(vm, wanted.State == VmState.Saved);
            }

            return vm;
        }
    }

    private void Seed(VmConfiguration configuration, NewVm wanted)
    {
        void Change(string className, Action<CimInstance> change)
        {
            var copy = configuration.Of(className).First().Copy();
            change(copy);
            configuration.Replace(copy);
        }

        Change("Msvm_ProcessorSettingData", settings => settings["VirtualQuantity"] = (ulong)wanted.Processors);
        Change("Msvm_MemorySettingData", settings =>
        {
            settings["VirtualQuantity"] = (ulong)wanted.MemoryMb;
            settings["DynamicMemoryEnabled"] = wanted.MaximumMemoryMb is not null;
            settings["Limit"] = (ulong)(wanted.MaximumMemoryMb ?? wanted.MemoryMb);
            settings["Reservation"] = (ulong)(wanted.MaximumMemoryMb is null ? wanted.MemoryMb : Math.Max(32, wanted.MemoryMb / 4 * 2));
        });
        if (wanted.Notes is not null)
        {
            configuration.Settings["Notes"] = new[] { wanted.Notes };
        }

        var controller = wanted.Generation == 1 ? configuration.Resources.First(one => ResourceKinds.Of(one) == ResourceKinds.IdeController) : Resources.Add(configuration, ResourceKinds.ScsiController.New(), running: false);
        var place = 0;
        foreach (var disk in wanted.Disks)
        {
            if (Files.Find(disk.Path) is null)
            {
                var type = disk.Path.EndsWith(".vhd", StringComparison.OrdinalIgnoreCase) ? VirtualDisk.Vhd : VirtualDisk.Vhdx;
                var (path, plan) = Disks.Plan(new CimInstance("Msvm_VirtualHardDiskSettingData") { ["Path"] = disk.Path, ["Type"] = VirtualDisk.Dynamic, ["Format"] = type, ["MaxInternalSize"] = disk.SizeBytes });
                Files.WriteWithDirectory(path, plan.FileSizeBytes, plan);
            }

            AddDrive(ResourceKinds.DiskDrive, ResourceKinds.VirtualHardDisk, disk.Path);
        }

        if (wanted.Dvd is not null)
        {
            if (wanted.Dvd.Length > 0 && Files.Find(wanted.Dvd) is null)
            {
                Files.WriteWithDirectory(wanted.Dvd, 1UL << 30);
            }

            AddDrive(ResourceKinds.DvdDrive, ResourceKinds.VirtualDvdDisk, wanted.Dvd);
        }

        foreach (var name in wanted.Switches)
        {
            var adapter = Resources.Add(configuration, ResourceKinds.SyntheticEthernetPort.New(), running: false);
            var connection = ResourceKinds.EthernetConnection.New();
            connection["Parent"] = Catalogue.PathOf(adapter).ToObjectPath(Name);
            connection["HostResource"] = name.Length == 0 ? Array.Empty<string>() : [NetworkSwitches.FindByName(name)?.Path.ToObjectPath(Name) ?? throw new ArgumentException($"The host has no switch {name}.", nameof(wanted))];
            Resources.Add(configuration, connection, running: false);
        }

        void AddDrive(ResourceKind drive, ResourceKind medium, string file)
        {
            if (wanted.Generation == 1 && place == 2)
            {
                controller = configuration.Resources.Last(one => ResourceKinds.Of(one) == ResourceKinds.IdeController);
            }

            var wantedDrive = drive.New();
            wantedDrive["Parent"] = Catalogue.PathOf(controller).ToObjectPath(Name);
            wantedDrive["AddressOnParent"] = (wanted.Generation == 1 ? place % 2 : place).ToString(CultureInfo.InvariantCulture);
            place++;
            var added = Resources.Add(configuration, wantedDrive, running: false);
            if (file.Length > 0)
            {
                var wantedMedium = medium.New();
                wantedMedium["Parent"] = Catalogue.PathOf(added).ToObjectPath(Name);
                wantedMedium["HostResource"] = new[] { file };
                Resources.Add(configuration, wantedMedium, running: false);
            }
        }
    }

    private void AddVmParts()
    {
        Resources = new VmResources(this);
        _ = new ResourcePools(this);
        _ = new HostVms(this);
        new VmDevices(this).Associate();
        Power = new VmPower(this);
        Management = new VmManagement(this);
        _ = new VmSummaries(this);
        _ = new VmSecurity(this);
    }

    private (SimulatedVm Vm, VmConfiguration Configuration)? FindSnapshot(string key)
    {
        if (snapshotIndex.TryGetValue(key, out var known) && known.Vm.Snapshots.Contains(known.Snapshot) && (vms.GetValueOrDefault(known.Vm.Key) ?? plannedVms.GetValueOrDefault(known.Vm.Key)) == known.Vm)
        {
            return known;
        }

        snapshotIndex.Remove(key);
        foreach (var vm in AllVms)
        {
            if (vm.Snapshots.Find(one => key.Equals(one.Id, StringComparison.OrdinalIgnoreCase)) is { } snapshot)
            {
                return snapshotIndex[key] = (vm, snapshot);
            }
        }

        return null;
    }
}
