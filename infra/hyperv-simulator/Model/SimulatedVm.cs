namespace HvPlatform.HyperVSimulator.Model;

/// <summary>A virtual machine of a simulated host, realized or planned. Changed only under the host's lock.</summary>
/// <param name="id">Its id.</param>
/// <param name="configuration">What it is made of.</param>
public sealed class SimulatedVm(Guid id, VmConfiguration configuration)
{
    /// <summary>Its id.</summary>
    public Guid Id { get; } = id;

    /// <summary>Its id as Hyper-V writes it: upper case. The <c>Name</c> of its <c>Msvm_ComputerSystem</c>.</summary>
    public string Key { get; } = VmConfiguration.Key(id);

    /// <summary>Its name, which need not be unique.</summary>
    public string Name => Configuration.Settings.String("ElementName") ?? string.Empty;

    /// <summary>1 or 2.</summary>
    public int Generation => Configuration.Settings.String("VirtualSystemSubType") == "Microsoft:Hyper-V:SubType:2" ? 2 : 1;

    /// <summary>What it is made of now.</summary>
    public VmConfiguration Configuration { get; set; } = configuration;

    /// <summary>Its snapshots; each one's settings name the snapshot it came from in <c>Parent</c>.</summary>
    public List<VmConfiguration> Snapshots { get; } = [];

    /// <summary>What it is doing.</summary>
    public VmState State { get; set; } = VmState.Off;

    /// <summary>When it came into <see cref="State"/>.</summary>
    public DateTimeOffset StateSince { get; set; }

    /// <summary>When its configuration was last changed.</summary>
    public DateTimeOffset ConfiguredAt { get; set; }

    /// <summary>How fast its guest writes to memory while it runs, bytes a second: what a live migration has to copy again.</summary>
    public double DirtyBytesPerSecond { get; set; } = 50_000_000;

    /// <summary>The id of the snapshot that was last applied, or null.</summary>
    public string? LastAppliedSnapshotId { get; set; }

    /// <summary>The same virtual machine with another configuration, as it is on another host.</summary>
    internal SimulatedVm CopyFor(VmConfiguration other) => new(Id, other)
    {
        State = State,
        StateSince = StateSince,
        ConfiguredAt = ConfiguredAt,
        DirtyBytesPerSecond = DirtyBytesPerSecond,
        LastAppliedSnapshotId = LastAppliedSnapshotId,
    };
}
