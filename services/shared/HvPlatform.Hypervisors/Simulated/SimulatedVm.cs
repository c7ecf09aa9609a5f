using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>One VM on one host. Guarded by the fleet's gate.</summary>
sealed class SimulatedVm(VmInfo info, SimulatedGuest guest)
{
    public VmInfo Info { get; set; } = info;

    public SimulatedGuest Guest { get; set; } = guest;

    /// <summary>What goes with the VM wherever it goes: settings, checkpoints, key-value pairs.</summary>
    public SimulatedBelongings Belongings { get; init; } = new();

    /// <summary>Receiving memory: exists here, but must not run before the switch-over.</summary>
    public bool Incoming { get; set; }

    /// <summary>The transfer that moves it away.</summary>
    public SimulatedTransfer? Outgoing { get; set; }

    /// <summary>Its memory is on another host already; what is here is a shell (QEMU's run state <c>postmigrate</c>).</summary>
    public bool Left { get; set; }

    /// <summary>Paused by a switch-over that nobody ended; the memory is whole and is nowhere else. Until someone takes it back, or removes it.</summary>
    public bool Parked { get; set; }

    /// <summary>The guest has moved before all of its memory had, or is about to be whole again here: this side alone is no whole VM.</summary>
    public bool PostCopy { get; set; }

    /// <summary>The source's side of a post-copy: the guest runs elsewhere, part of its memory is still here.</summary>
    public bool Switched { get; set; }

    /// <summary>The post-copy that broke off and may be taken up again from here.</summary>
    public SimulatedTransfer? Resumable { get; set; }

    /// <summary>Paused because of a migration, not because someone paused it.</summary>
    public bool PausedByMigration => Incoming || Left || Parked || (Info.State == VmState.Paused && (PostCopy || Outgoing is { PausesGuest: true }));

    /// <summary>The guest, if it runs on, writes its disks from here.</summary>
    public bool OpensDisks => SimulatedHost.HoldsMemory(Info.State) && !Incoming && !Left && !Switched;

    /// <summary>Its memory is gone, and with it all that a migration had to do with it.</summary>
    public void ForgetMigration() => (Parked, PostCopy, Switched, Resumable) = (false, false, false, null);

    /// <summary>The import that made it.</summary>
    public OperationId? ImportedBy { get; init; }

    public long StartedTimestamp { get; set; }
}
