using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVTests.Simulator;

/// <summary>A virtual machine put on a host directly: one processor, memory, one disk, one network adapter.</summary>
internal static class TestVm
{
    public static SimulatedVm Place(SimulatedHyperVHost host, string name = "web", string? disk = null, VmState state = VmState.Off, string? switchName = null, int memoryMb = 1024)
    {
        var id = host.NewId();
        var key = VmConfiguration.Key(id);
        var settings = CimBlank.Of("Msvm_VirtualSystemSettingData");
        settings["ElementName"] = name;
        settings["InstanceID"] = "Microsoft:" + key;
        settings["Notes"] = new[] { "notes of " + name };
        settings["Version"] = "10.0";
        settings["VirtualSystemIdentifier"] = key;
        settings["VirtualSystemSubType"] = "Microsoft:Hyper-V:SubType:2";
        settings["VirtualSystemType"] = "Microsoft:Hyper-V:System:Realized";
        settings["ConfigurationDataRoot"] = DefaultPaths.ExternalDataRoot;
        var resources = new List<CimInstance>
        {
            Resource("Msvm_MemorySettingData", $@"Microsoft:{key}\4764334d-e001-4176-82ee-5594ec9b530e", ("VirtualQuantity", (ulong)memoryMb)),
            Resource("Msvm_ProcessorSettingData", $@"Microsoft:{key}\b637f346-6a0e-4dec-af52-bd70cb80a21d\0", ("VirtualQuantity", 1UL)),
            Resource("Msvm_SyntheticEthernetPortSettingData", $@"Microsoft:{key}\NIC", ("Address", "00155D000001"), ("ElementName", "Network Adapter")),
        };
        if (switchName is not null)
        {
            resources.Add(Resource(
                "Msvm_EthernetPortAllocationSettingData", $@"Microsoft:{key}\NIC\C", ("HostResource", new[] { host.Switches.Single(one => one.Name == switchName).Path.ToObjectPath(host.Name) }), ("LastKnownSwitchName", switchName)));
        }

        if (disk is not null)
        {
            if (host.Files.Find(disk) is null)
            {
                host.Files.WriteWithDirectory(disk, 4UL << 20, new VirtualDisk { Format = VirtualDisk.Vhdx, Type = VirtualDisk.Dynamic, Id = host.NewId(), MaxInternalSizeBytes = 10UL << 30, BlockSizeBytes = 32 << 20 });
                host.Disks.Grow(disk, 1UL << 30);
            }

            resources.Add(Resource("Msvm_StorageAllocationSettingData", $@"Microsoft:{key}\DISK\L", ("ResourceSubType", VmDisks.HardDisk), ("HostResource", new[] { disk })));
        }

        var vm = new SimulatedVm(id, new VmConfiguration(settings, resources)) { State = state };
        host.Place(vm, planned: false);
        return vm;
    }

    private static CimInstance Resource(string className, string instanceId, params (string Name, object Value)[] properties)
    {
        var instance = CimBlank.Of(className);
        instance["InstanceID"] = instanceId;
        foreach (var (name, value) in properties)
        {
            instance[name] = value;
        }

        return instance;
    }
}
