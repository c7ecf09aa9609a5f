using HvPlatform.HyperVSimulator.Model.Migration;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>A host among others.</summary>
public sealed partial class SimulatedHyperVHost
{
    private volatile bool isDown;

    /// <summary>The hosts it knows, or null if it stands alone.</summary>
    public SimulatedFleet? Fleet { get; internal set; }

    /// <summary>It has no power: it neither answers nor goes on with anything.</summary>
    public bool IsDown
    {
        get => isDown;
        set => isDown = value;
    }

    /// <summary>Addresses of its migration listener, as <c>MigrationServiceListenerIPAddressList</c>.</summary>
    public IReadOnlyList<string> MigrationAddresses { get; set; } = [];

    internal MigrationService Migrations { get; private set; } = null!;

    /// <summary>Physical memory that no running virtual machine has, MB.</summary>
    public long FreeMemoryMb => Options.MemoryMb - Migrations.ReservedMb - Vms.Values
        .Where(vm => vm.State is not (VmState.Off or VmState.Saved))
        .Sum(vm => vm.Configuration.Of("Msvm_MemorySettingData").FirstOrDefault()?.Number("VirtualQuantity") ?? 0);

    /// <summary>Puts a virtual machine on this host.</summary>
    internal void Place(SimulatedVm vm, bool planned) => (planned ? plannedVms : vms)[vm.Key] = vm;

    /// <summary>Takes a virtual machine off this host. Its files stay.</summary>
    internal void Remove(SimulatedVm vm) => vms.Remove(vm.Key);

    /// <summary>Takes a planned virtual machine off this host.</summary>
    internal void RemovePlanned(Guid id) => plannedVms.Remove(VmConfiguration.Key(id));

    /// <summary>Whether a job that runs acts on the virtual machine.</summary>
    internal bool IsBusy(SimulatedVm vm) => VmPath.Of(vm) is var path && Jobs.All.Any(job => job.IsActive && job.Affected.Any(one => one.Path.Equals(path)));
}
