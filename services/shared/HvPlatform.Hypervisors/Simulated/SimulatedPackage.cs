using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>An export in a directory of a simulated host. Guarded by the fleet's gate.</summary>
sealed class SimulatedPackage(OperationId operation)
{
    public OperationId Operation { get; } = operation;

    /// <summary>Null as long as it is being written.</summary>
    public PackageManifest? Manifest { get; set; }

    public SimulatedGuest Guest { get; set; } = new();

    /// <summary>The import that took its files for its VM's own, in place.</summary>
    public OperationId? UsedBy { get; set; }
}

/// <summary>A VM that is planned but does not exist yet. Guarded by the fleet's gate.</summary>
sealed class SimulatedPlan(VmInfo vm, SimulatedGuest guest)
{
    public VmInfo Vm { get; } = vm;

    public SimulatedGuest Guest { get; } = guest;

    /// <summary>Paths of the files made for it.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whether everything was copied.</summary>
    public bool Ready { get; set; }
}
