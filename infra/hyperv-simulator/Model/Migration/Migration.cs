namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary>A migration on its way. Owned by its source: changed only under the source's lock; the destination reads <see cref="State"/> only.</summary>
/// <param name="source">Where the virtual machine is.</param>
/// <param name="vm">Which one.</param>
/// <param name="request">What was asked for.</param>
internal sealed class Migration(SimulatedHyperVHost source, SimulatedVm vm, MigrationRequest request)
{
    private volatile MigrationState state = MigrationState.Preparing;

    public SimulatedHyperVHost Source { get; } = source;

    public SimulatedVm Vm { get; } = vm;

    public MigrationRequest Request { get; } = request;

    public VmState StateAtStart { get; } = vm.State;

    public StoragePlan Storage { get; init; } = StoragePlan.Nothing;

    public required MemoryPlan Memory { get; init; }

    /// <summary>Null until it is found, and for a storage migration.</summary>
    public SimulatedHyperVHost? Destination { get; set; }

    /// <summary>When the destination was last started, as it was when the copying began: after a restart of its it knows nothing of the migration.</summary>
    public DateTimeOffset? DestinationBootedAt { get; set; }

    public HostJob? Job { get; set; }

    public MigrationState State
    {
        get => state;
        set => state = value;
    }

    public bool IsActive => state is MigrationState.Preparing or MigrationState.Copying;

    /// <summary>MB that the destination keeps free for it while it is active.</summary>
    public long ReservedMb => IsActive && Request.MovesSystem && StateAtStart is not (VmState.Off or VmState.Saved) ? Memory.Megabytes : 0;
}
