using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.UnitTests.MigrationSaga;

/// <summary>Plays messages to the decisions and keeps what they wanted done. Its hosts answer the step that was sent last, as real ones do.</summary>
sealed class MigrationScript
{
    public static readonly HostId SourceHost = new(Guid.Parse("00000000-0000-0000-0000-00000000000a"));
    public static readonly HostId DestinationHost = new(Guid.Parse("00000000-0000-0000-0000-00000000000b"));
    public static readonly VmId Vm = new(Guid.Parse("00000000-0000-0000-0000-0000000000ff"));
    public static readonly MigrationTimings Timings = MigrationTimings.Default;

    public MigrationScript()
    {
        var begun = MigrationDecisions.Begin(
            new BeginMigration { OperationId = Operation, VmId = Vm, VmName = "web-1", SourceHostId = SourceHost, DestinationHostId = DestinationHost, Epoch = 3, Policy = new MigrationPolicy { TimeoutSeconds = 600 }, Trail = new Trail { RequestedBy = "test", RequestedAt = Now } },
            Now,
            Timings);
        Apply(begun);
    }

    public OperationId Operation { get; } = OperationId.New();

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public Migration State { get; private set; } = null!;

    /// <summary>What the last decision wanted done.</summary>
    public IReadOnlyList<Effect> Last { get; private set; } = [];

    public string? LastIgnored { get; private set; }

    public List<Effect> All { get; } = [];

    public MigrationPhase Phase => State.Phase;

    public IEnumerable<T> Facts<T>() => All.OfType<PublishFact>().Select(f => f.Fact).OfType<T>();

    public IEnumerable<T> LastSent<T>() => Last.OfType<SendToHost>().Select(s => s.Command).OfType<T>();

    public MigrationScript Play(object message)
    {
        Apply(MigrationDecisions.Decide(State, message, Now, Timings));
        return this;
    }

    public MigrationScript After(TimeSpan time)
    {
        Now += time;
        return this;
    }

    /// <summary>Lets the armed timer fire at its time.</summary>
    public MigrationScript FireTimer()
    {
        var armed = All.OfType<ArmTimer>().Last();
        Now = armed.DueAt > Now ? armed.DueAt : Now;
        return Play(new MigrationTimerElapsed { OperationId = Operation, Timer = armed.Timer });
    }

    public MigrationScript SourceChecked(bool passed = true) => Play(new MigrationSourceChecked
    {
        OperationId = Operation,
        Step = "check-source",
        HostId = SourceHost,
        VmId = Vm,
        Findings = [new MigrationFinding { Check = "vm-running", Passed = passed, Detail = passed ? "running" : "the VM is off; start it first" }],
        Source = passed ? Facts() : null,
    });

    public MigrationScript DestinationChecked(bool passed = true) => Play(new MigrationDestinationChecked
    {
        OperationId = Operation,
        Step = "check-destination",
        HostId = DestinationHost,
        VmId = Vm,
        Findings = [new MigrationFinding { Check = "cpu-model", Passed = passed, Detail = "the host lacks avx512" }],
    });

    public MigrationScript Reserved() => Play(new MigrationCapacityReserved { OperationId = Operation, HostId = DestinationHost });

    public MigrationScript Prepared() => Play(new MigrationDestinationPrepared { OperationId = Operation, Step = "prepare-destination", HostId = DestinationHost, VmId = Vm, MigrationUri = "qemu+tcp://b/system" });

    public MigrationScript TransferEnded(VmTransferOutcome outcome) => Play(new VmTransferEnded { OperationId = Operation, Step = "transfer", HostId = SourceHost, VmId = Vm, Outcome = outcome, DowntimeMs = 16, TransferredBytes = 1000, At = Now });

    public MigrationScript Finished() => Play(new MigrationFinishedOnDestination { OperationId = Operation, Step = "finish-destination", HostId = DestinationHost, VmId = Vm, State = VmState.Running, At = Now });

    public MigrationScript Confirmed() => Play(new MigrationConfirmedOnSource { OperationId = Operation, Step = "confirm-source", HostId = SourceHost, VmId = Vm, At = Now });

    public MigrationScript CleanedUp() => Play(new MigrationDestinationCleanedUp { OperationId = Operation, Step = "clean-up-destination", HostId = DestinationHost, VmId = Vm, At = Now });

    public MigrationScript Cancel() => Play(new CancelMigrationRequested { OperationId = Operation, Trail = new Trail { RequestedBy = "test", RequestedAt = Now } });

    public MigrationScript StepFails(string step, ErrorKind kind, HostId host) => Play(new MigrationStepFailed { OperationId = Operation, Step = step, HostId = host, VmId = Vm, Error = new ErrorInfo { Kind = kind, Code = "test", Message = "it failed" } });

    /// <summary>Answers the open inquiry for one host; null = the host does not have the VM.</summary>
    public MigrationScript Answer(HostId host, VmState? state, bool transferRunning = false) => Play(new MigratingVmInspected
    {
        OperationId = Operation,
        Step = State.Inquiry?.Step ?? "inspect-0",
        HostId = host,
        VmId = Vm,
        Exists = state is not null,
        State = state ?? VmState.Unknown,
        TransferRunning = transferRunning,
        Epoch = 3,
        At = Now,
    });

    public MigrationScript BothAnswer(VmState? source, VmState? destination) => Answer(SourceHost, source).Answer(DestinationHost, destination);

    /// <summary>Brings a fresh script to a phase by the shortest way.</summary>
    public static MigrationScript At(MigrationPhase phase)
    {
        var s = new MigrationScript();
        return phase switch
        {
            MigrationPhase.Preflight => s,
            MigrationPhase.Reserving => s.SourceChecked().DestinationChecked(),
            MigrationPhase.PreparingDestination => s.SourceChecked().DestinationChecked().Reserved(),
            MigrationPhase.Transferring => s.SourceChecked().DestinationChecked().Reserved().Prepared(),
            MigrationPhase.Cancelling => At(MigrationPhase.Transferring).Cancel(),
            MigrationPhase.Finishing => At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Completed),
            MigrationPhase.Confirming => At(MigrationPhase.Finishing).Finished(),
            MigrationPhase.Completed => At(MigrationPhase.Confirming).Confirmed(),
            MigrationPhase.RollingBack => At(MigrationPhase.PreparingDestination).Cancel(),
            MigrationPhase.RolledBack => At(MigrationPhase.Preflight).Cancel(),
            MigrationPhase.InDoubt => At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate).After(TimeSpan.FromSeconds(11)).FireTimer(),
            MigrationPhase.Failed => At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Failed).BothAnswer(null, null).FireTimer().BothAnswer(null, null).FireTimer().BothAnswer(null, null),
            _ => throw new ArgumentOutOfRangeException(nameof(phase)),
        };
    }

    static MigrationSourceFacts Facts() => new()
    {
        Vm = new VmInfo { Id = Vm, Name = "web-1", State = VmState.Running, Vcpus = 2, MemoryMiB = 512 },
        SourceHostName = "host-a",
        Hypervisor = HypervisorKind.Simulated,
    };

    void Apply(Decision decision)
    {
        State = decision.State;
        Last = decision.Effects;
        LastIgnored = decision.Ignored;
        All.AddRange(decision.Effects);
    }
}
