using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>Paths of virtual machines.</summary>
internal static class VmPath
{
    /// <summary>Of a realized virtual machine.</summary>
    public static CimPath Of(SimulatedVm vm) => new("Msvm_ComputerSystem", ("CreationClassName", "Msvm_ComputerSystem"), ("Name", vm.Key));

    /// <summary>Of a planned virtual machine.</summary>
    public static CimPath OfPlanned(SimulatedVm vm) => new("Msvm_PlannedComputerSystem", ("CreationClassName", "Msvm_PlannedComputerSystem"), ("Name", vm.Key));

    /// <summary>Of a configuration's settings: of a virtual machine or a snapshot.</summary>
    public static CimPath OfSettings(VmConfiguration configuration) => new("Msvm_VirtualSystemSettingData", ("InstanceID", configuration.Settings.String("InstanceID")!));
}
