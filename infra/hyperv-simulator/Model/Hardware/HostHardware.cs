using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Hardware;

/// <summary>The host's NUMA nodes and its GPUs that can be divided among virtual machines.</summary>
internal sealed class HostHardware
{
    private const string Numa = "Msvm_NumaNode";
    private const string Gpu = "Msvm_PartitionableGpu";
    private readonly SimulatedHyperVHost host;

    public HostHardware(SimulatedHyperVHost host)
    {
        this.host = host;
        host.Catalogue.Add(Numa, () => Enumerable.Range(0, host.Options.NumaNodes).Select(Node), path => Enumerable.Range(0, host.Options.NumaNodes).Select(Node).FirstOrDefault(node => node.String("NodeID")!.Equals(path["NodeID"], StringComparison.OrdinalIgnoreCase)));
        host.Catalogue.Add(Gpu, () => Enumerable.Range(0, host.Options.Gpus).Select(Card), path => Enumerable.Range(0, host.Options.Gpus).Select(Card).FirstOrDefault(card => card.String("Name")!.Equals(path["Name"], StringComparison.OrdinalIgnoreCase)));
        host.Catalogue.Associate(
            "Msvm_HostedDependency", "Antecedent", "Dependent",
            left => left.Equals(host.Path) ? Enumerable.Range(0, host.Options.NumaNodes).Select(Node).Select(host.Catalogue.PathOf) : [],
            right => right.ClassName == Numa ? [host.Path] : []);
    }

    private CimInstance Node(int number)
    {
        var nodes = host.Options.NumaNodes;
        var instance = Element(CimBlank.Of(Numa), Numa);
        instance["Caption"] = "NUMA Node";
        instance["CurrentlyAssignedVirtualProcessors"] = (uint)(host.Vms.Values.Where(vm => vm.State is not (VmState.Off or VmState.Saved)).Sum(vm => vm.Configuration.Of("Msvm_ProcessorSettingData").FirstOrDefault()?.Number("VirtualQuantity") ?? 0) / nodes);
        instance["CurrentlyConsumableMemoryBlocks"] = (ulong)Math.Max(0, host.FreeMemoryMb / nodes);
        instance["ElementName"] = string.Create(CultureInfo.InvariantCulture, $"Numa node {number}");
        instance["Name"] = instance["ElementName"];
        instance["NodeID"] = string.Create(CultureInfo.InvariantCulture, $@"Microsoft:PhysicalNode\{number}");
        instance["NumberOfLogicalProcessors"] = (uint)(host.Options.Processors / nodes);
        instance["NumberOfProcessorCores"] = (uint)(host.Options.Processors / nodes / 2);
        instance["SystemCreationClassName"] = "Msvm_ComputerSystem";
        instance["SystemName"] = host.Name;
        return instance;
    }

    private static CimInstance Card(int number)
    {
        const ulong VideoMemory = 24UL << 30;
        const ulong Units = 1_000_000_000;
        const ushort Partitions = 16;
        var instance = Element(CimBlank.Of(Gpu), Gpu);
        instance["Caption"] = "Partitionable GPU";
        instance["ElementName"] = "Partitionable GPU";
        instance["Name"] = string.Create(CultureInfo.InvariantCulture, $@"\\?\PCI#VEN_10DE&DEV_2236&SUBSYS_148210DE&REV_A1#4&{number:x8}&0&0008#{{064092b3-625e-43bf-9eb5-dc845897dd59}}\GPUPARAV");
        instance["NameFormat"] = "Device Interface";
        instance["PartitionCount"] = Partitions;
        instance["ValidPartitionCounts"] = new ushort[] { 16, 8, 4, 2, 1 };
        foreach (var (name, total) in new (string, ulong)[] { ("VRAM", VideoMemory), ("Compute", Units), ("Decode", Units), ("Encode", Units) })
        {
            instance["Available" + name] = total;
            instance["Total" + name] = total;
            instance["MinPartition" + name] = 0UL;
            instance["MaxPartition" + name] = total;
            instance["OptimalPartition" + name] = total / Partitions;
        }

        return instance;
    }

    private static CimInstance Element(CimInstance instance, string className)
    {
        instance["CreationClassName"] = className;
        instance["EnabledDefault"] = (ushort)2;
        instance["EnabledState"] = (ushort)2;
        instance["HealthState"] = (ushort)5;
        instance["OperationalStatus"] = new ushort[] { 2 };
        instance["RequestedState"] = (ushort)12;
        instance["Status"] = "OK";
        instance["StatusDescriptions"] = new[] { "OK" };
        return instance;
    }
}
