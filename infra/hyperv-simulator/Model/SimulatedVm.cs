using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Vms;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>A virtual machine of a simulated host, realized or planned. Changed only under the host's lock.</summary>
/// <param name="id">Its id.</param>
/// <param name="configuration">What it is made of.</param>
public sealed class SimulatedVm(Guid id, VmConfiguration configuration)
{
    private VmState state = VmState.Off;
    private TimeSpan onBefore;
    private DateTimeOffset? onSince;

    /// <summary>Its id.</summary>
    public Guid Id { get; } = id;

    /// <summary>Its id as Hyper-V writes it: upper case. The <c>Name</c> of its <c>Msvm_ComputerSystem</c>.</summary>
    public string Key { get; } = VmConfiguration.Key(id);

    /// <summary>Its name, which need not be unique.</summary>
    public string Name => Configuration.Settings.String("ElementName") ?? string.Empty;

    /// <summary>1 or 2.</summary>
    public int Generation => VmBuilder.GenerationOf(Configuration.Settings) ?? 1;

    /// <summary>It is planned: imported or staged, and not realized yet.</summary>
    public bool IsPlanned => Configuration.Settings.String("VirtualSystemType") == VmBuilder.Planned;

    /// <summary>The path of its <c>Msvm_ComputerSystem</c>, or <c>Msvm_PlannedComputerSystem</c>.</summary>
    public CimPath Path => IsPlanned ? VmPath.OfPlanned(this) : VmPath.Of(this);

    /// <summary>What it is made of now.</summary>
    public VmConfiguration Configuration { get; set; } = configuration;

    /// <summary>Its snapshots; each one's settings name the snapshot it came from in <c>Parent</c>.</summary>
    public List<VmConfiguration> Snapshots { get; } = [];

    /// <summary>What it is doing. Set directly it says nothing of when: <see cref="Enter"/> does.</summary>
    public VmState State
    {
        get => state;
        set
        {
            state = value;
            Epoch++;
        }
    }

    /// <summary>When it came into <see cref="State"/>; null if it has been off since it was made.</summary>
    public DateTimeOffset? StateSince { get; set; }

    /// <summary>When its configuration was last changed.</summary>
    public DateTimeOffset ConfiguredAt { get; set; }

    /// <summary>How fast its guest writes to memory while it runs, bytes a second: what a live migration has to copy again.</summary>
    public double DirtyBytesPerSecond { get; set; } = 50_000_000;

    /// <summary>The id of the snapshot that was last applied, or null.</summary>
    public string? LastAppliedSnapshotId { get; set; }

    /// <summary>What there is to say of the guest.</summary>
    public SimulatedGuest Guest { get; set; } = new();

    /// <summary>The key protector of its TPM; empty for none.</summary>
    internal byte[] KeyProtector { get; set; } = [];

    /// <summary>The memory it was given when it was started, MB; 0 while it is off or saved.</summary>
    public long AssignedMemoryMb { get; set; }

    /// <summary>Counts changes of <see cref="State"/>: what was planned before one can see that it came too late.</summary>
    internal long Epoch { get; private set; }

    /// <summary>It has a worker process: it is neither off nor saved.</summary>
    public bool IsActive => State is not (VmState.Off or VmState.Saved or VmState.Hibernated);

    /// <summary>Brings it into a state, at a time.</summary>
    public void Enter(VmState next, DateTimeOffset at)
    {
        if (onSince is { } since && next != VmState.Running)
        {
            onBefore += at - since;
            onSince = null;
        }

        if (next is VmState.Off)
        {
            onBefore = TimeSpan.Zero;
            AssignedMemoryMb = 0;
            Guest.BootedAt = null;
        }
        else if (next is VmState.Running && onSince is null)
        {
            onSince = at;
        }

        State = next;
        StateSince = at;
    }

    /// <summary>How long it has run since it was last started, without pauses.</summary>
    public TimeSpan OnTime(DateTimeOffset now) => onBefore + (onSince is { } since ? now - since : TimeSpan.Zero);

    /// <summary>The same virtual machine with another configuration, as it is on another host.</summary>
    internal SimulatedVm CopyFor(VmConfiguration other) => new(Id, other)
    {
        State = State,
        StateSince = StateSince,
        ConfiguredAt = ConfiguredAt,
        DirtyBytesPerSecond = DirtyBytesPerSecond,
        LastAppliedSnapshotId = LastAppliedSnapshotId,
        Guest = Guest.Copy(),
        KeyProtector = KeyProtector,
        AssignedMemoryMb = AssignedMemoryMb,
        onBefore = onBefore,
        onSince = onSince,
    };
}
