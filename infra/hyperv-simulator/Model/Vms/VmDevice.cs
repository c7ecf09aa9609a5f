using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>A device of a virtual machine: it is made of a resource's settings, or belongs to every machine.</summary>
/// <param name="ClassName">Its class.</param>
/// <param name="Id">Its <c>DeviceID</c>.</param>
/// <param name="Name">Its <c>ElementName</c>.</param>
/// <param name="Settings">The resource it is made of, or null.</param>
internal readonly record struct VmDevice(string ClassName, string Id, string Name, CimInstance? Settings)
{
    /// <summary>Its path.</summary>
    public CimPath Path(SimulatedVm vm) => new(ClassName, ("CreationClassName", ClassName), ("DeviceID", Id), ("SystemCreationClassName", "Msvm_ComputerSystem"), ("SystemName", vm.Key));
}
