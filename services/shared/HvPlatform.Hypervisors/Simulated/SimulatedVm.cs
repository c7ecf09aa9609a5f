using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>One VM on one host. Guarded by the fleet's gate.</summary>
sealed class SimulatedVm(VmInfo info, SimulatedGuest guest)
{
    public VmInfo Info { get; set; } = info;

    public SimulatedGuest Guest { get; set; } = guest;

    /// <summary>Receiving memory: exists here, but must not run before the switch-over.</summary>
    public bool Incoming { get; set; }

    /// <summary>The transfer that moves it away.</summary>
    public SimulatedTransfer? Outgoing { get; set; }

    /// <summary>Its memory is on another host already; what is here is a shell (QEMU's run state <c>postmigrate</c>).</summary>
    public bool Left { get; set; }

    public long StartedTimestamp { get; set; }
}
