using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>The driver's calls, for aiming faults.</summary>
public enum SimulatedOperation
{
    /// <summary>Every call.</summary>
    Any = 0,

    /// <summary>Identity, capabilities and free memory.</summary>
    Host = 1,

    /// <summary>List.</summary>
    List = 2,

    /// <summary>Get.</summary>
    Get = 3,

    /// <summary>Start.</summary>
    Start = 4,

    /// <summary>Force off.</summary>
    ForceOff = 5,

    /// <summary>Guest shutdown.</summary>
    ShutDown = 6,

    /// <summary>Reboot.</summary>
    Reboot = 7,

    /// <summary>Pause.</summary>
    Pause = 8,

    /// <summary>Resume.</summary>
    Resume = 9,

    /// <summary>Define.</summary>
    Define = 10,

    /// <summary>Delete.</summary>
    Delete = 11,

    /// <summary>Check source.</summary>
    CheckSource = 12,

    /// <summary>Check destination.</summary>
    CheckDestination = 13,

    /// <summary>Prepare destination.</summary>
    PrepareDestination = 14,

    /// <summary>The call that starts a transfer; see <see cref="SimulatedTransferFault"/> for faults within one.</summary>
    Transfer = 15,

    /// <summary>Inspect.</summary>
    Inspect = 16,

    /// <summary>Finish on the destination.</summary>
    FinishDestination = 17,

    /// <summary>Confirm on the source.</summary>
    ConfirmSource = 18,

    /// <summary>Clean up the destination.</summary>
    CleanUpDestination = 19,

    /// <summary>Samples.</summary>
    Sample = 20,

    /// <summary>Watching for changes.</summary>
    Watch = 21,

    /// <summary>Storing an epoch.</summary>
    SetEpoch = 22,

    /// <summary>Restore on the source.</summary>
    RestoreSource = 23,

    /// <summary>Save.</summary>
    Save = 24,

    /// <summary>Reset.</summary>
    Reset = 25,

    /// <summary>Hibernate.</summary>
    Hibernate = 26,

    /// <summary>Rename.</summary>
    Rename = 27,

    /// <summary>Reading settings.</summary>
    ReadSettings = 28,

    /// <summary>Changing settings.</summary>
    ChangeSettings = 29,

    /// <summary>Listing, creating, applying and deleting checkpoints.</summary>
    Checkpoint = 30,

    /// <summary>Reading and writing key-value pairs.</summary>
    Kvp = 31,

    /// <summary>Copying a file into the guest.</summary>
    CopyFile = 32,

    /// <summary>Screenshot.</summary>
    Screenshot = 33,

    /// <summary>Listing switches.</summary>
    Switches = 34,

    /// <summary>Check a VM or an export before it is exported or imported.</summary>
    CheckPackage = 35,

    /// <summary>The beginning of an export.</summary>
    Export = 36,

    /// <summary>The end of an export: what was written becomes whole.</summary>
    FinishExport = 37,

    /// <summary>What there is of an export or import.</summary>
    InspectPackage = 38,

    /// <summary>The beginning of an import's plan.</summary>
    PlanImport = 39,

    /// <summary>The end of an import's plan.</summary>
    FinishPlan = 40,

    /// <summary>Validate a planned VM.</summary>
    ValidateImport = 41,

    /// <summary>Realise a planned VM.</summary>
    RealiseImport = 42,

    /// <summary>Discard an export or import.</summary>
    DiscardPackage = 43,

    /// <summary>Moving a VM's storage on its host.</summary>
    MoveStorage = 44,
}

/// <summary>Something that goes wrong with the next matching calls on one host.</summary>
public sealed record SimulatedFault
{
    /// <summary>Which call.</summary>
    public SimulatedOperation Operation { get; init; } = SimulatedOperation.Any;

    /// <summary>Only for this VM; null for any.</summary>
    public VmId? Vm { get; init; }

    /// <summary>How many calls it hits; null for all until cleared.</summary>
    public int? Times { get; init; } = 1;

    /// <summary>The call takes this long before anything else happens.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The call does not come back until its token is cancelled.</summary>
    public bool Hang { get; init; }

    /// <summary>The call fails with this.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>The call fails as Transient, and so do all watches of the host.</summary>
    public bool LoseConnection { get; init; }

    /// <summary>The call takes effect first and goes wrong then: its answer is lost, not its work.</summary>
    public bool AfterEffect { get; init; }
}

/// <summary>What goes wrong within a transfer.</summary>
public enum SimulatedTransferFaultKind
{
    /// <summary>The hypervisor's job fails; the VM stays.</summary>
    JobFails = 0,

    /// <summary>The link is cut: no page moves until someone aborts.</summary>
    LinkCut = 1,

    /// <summary>The source loses power.</summary>
    SourcePowerLoss = 2,

    /// <summary>The destination loses power.</summary>
    DestinationPowerLoss = 3,

    /// <summary>The VM has arrived, but the source never learns of it and still shows it as stopped.</summary>
    AnswerLost = 4,

    /// <summary>The VM has arrived and the source loses power before it removed what is left there.</summary>
    SourcePowerLossAfterSwitchOver = 5,

    /// <summary>The source's hypervisor daemon dies in the switch-over: the job is gone with it, and the guest stays there, whole and paused, until someone takes it back.</summary>
    SourceDaemonLossInSwitchOver = 6,
}

/// <summary>A fault within the next transfer that leaves one host.</summary>
/// <param name="Kind">What.</param>
/// <param name="AtPercent">When its progress reaches this; of no meaning for faults in or after the switch-over.</param>
/// <param name="Vm">Only for this VM; null for any.</param>
public sealed record SimulatedTransferFault(SimulatedTransferFaultKind Kind, double AtPercent = 50, VmId? Vm = null);
