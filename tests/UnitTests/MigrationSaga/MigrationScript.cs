using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.MigrationSaga.Record;

namespace HvPlatform.UnitTests.MigrationSaga;

/// <summary>Plays messages to the decisions and keeps what they wanted done. Its hosts answer the step that was sent last, as real ones do.</summary>
sealed class MigrationScript
{
    public static readonly HostId SourceHost = new(Guid.Parse("00000000-0000-0000-0000-00000000000a"));
    public static readonly HostId DestinationHost = new(Guid.Parse("00000000-0000-0000-0000-00000000000b"));
    public static readonly VmId Vm = new(Guid.Parse("00000000-0000-0000-0000-0000000000ff"));
    public static readonly MigrationTimings Timings = MigrationTimings.Default;

    readonly List<RecordedInput> _inputs = [];
    readonly List<RecordedDecision> _decisions = [];
    readonly MigrationSourceFacts _facts;

    public MigrationScript(MigrationPolicy? policy = null, VmInfo? vm = null, IReadOnlyList<string>? copyDisks = null)
    {
        _facts = Facts() with { Vm = vm ?? Facts().Vm, CopyDisks = copyDisks ?? [] };
        var begin = new BeginMigration { OperationId = Operation, VmId = Vm, VmName = "web-1", SourceHostId = SourceHost, DestinationHostId = DestinationHost, Epoch = 3, Policy = policy ?? new MigrationPolicy { TimeoutSeconds = 600 }, Trail = new Trail { RequestedBy = "test", RequestedAt = Now } };
        Apply(begin, MigrationDecisions.Begin(begin, Now, Timings));
    }

    public OperationId Operation { get; } = OperationId.New();

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public Migration State { get; private set; } = null!;

    /// <summary>What the last decision wanted done.</summary>
    public IReadOnlyList<Effect> Last { get; private set; } = [];

    public Ignored? LastIgnored { get; private set; }

    public List<Effect> All { get; } = [];

    /// <summary>Every message, in order.</summary>
    public List<object> Played { get; } = [];

    public MigrationPhase Phase => State.Phase;

    public IEnumerable<T> Facts<T>() => All.OfType<PublishFact>().Select(f => f.Fact).OfType<T>();

    public IEnumerable<T> LastSent<T>() => Last.OfType<SendToHost>().Select(s => s.Command).OfType<T>();

    public MigrationScript Play(object message)
    {
        Apply(message, MigrationDecisions.Decide(State, message, Now, Timings));
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

    public MigrationScript SourceChecked(bool passed = true, MigrationForecast? forecast = null) => Play(new MigrationSourceChecked
    {
        OperationId = Operation,
        Step = "check-source",
        HostId = SourceHost,
        VmId = Vm,
        Findings = [new MigrationFinding { Check = "vm-running", Passed = passed, Detail = passed ? "running" : "the VM is off; start it first" }],
        Source = passed ? _facts : null,
        Forecast = forecast,
    });

    public MigrationScript DestinationChecked(bool passed = true) => Play(new MigrationDestinationChecked
    {
        OperationId = Operation,
        Step = "check-destination",
        HostId = DestinationHost,
        VmId = Vm,
        Findings = [new MigrationFinding { Check = "cpu-model", Passed = passed, Detail = "the host lacks avx512" }],
    });

    public MigrationScript Reserved(int? bandwidthMiBps = null) => Play(new MigrationCapacityReserved { OperationId = Operation, HostId = DestinationHost, BandwidthMiBps = bandwidthMiBps });

    public MigrationScript Deferred(int retryAfterMs = 1000, string reason = "host-b has 2 of 2 migrations") => Play(new MigrationCapacityDeferred { OperationId = Operation, HostId = DestinationHost, Reason = reason, RetryAfterMs = retryAfterMs });

    public MigrationScript Prepared() => Play(new MigrationDestinationPrepared { OperationId = Operation, Step = "prepare-destination", HostId = DestinationHost, VmId = Vm, MigrationUri = "qemu+tcp://b/system" });

    public MigrationScript TransferEnded(VmTransferOutcome outcome) => Play(new VmTransferEnded { OperationId = Operation, Step = SentStep<TransferVm>("transfer"), HostId = SourceHost, VmId = Vm, Outcome = outcome, DowntimeMs = 16, TransferredBytes = 1000, At = Now });

    public MigrationScript Finished() => Play(new MigrationFinishedOnDestination { OperationId = Operation, Step = "finish-destination", HostId = DestinationHost, VmId = Vm, State = VmState.Running, At = Now });

    public MigrationScript Confirmed() => Play(new MigrationConfirmedOnSource { OperationId = Operation, Step = "confirm-source", HostId = SourceHost, VmId = Vm, At = Now });

    public MigrationScript CleanedUp() => Play(new MigrationDestinationCleanedUp { OperationId = Operation, Step = SentStep<CleanUpMigrationDestination>("clean-up-destination"), HostId = DestinationHost, VmId = Vm, At = Now });

    /// <summary>The source took the VM back; <paramref name="state"/> is what it then is there.</summary>
    public MigrationScript Restored(VmState state = VmState.Running) => Play(new MigrationSourceRestored { OperationId = Operation, Step = SentStep<RestoreMigrationSource>("restore-source"), HostId = SourceHost, VmId = Vm, State = state, At = Now });

    public MigrationScript Resolve(MigrationResolution resolution) => Play(new ResolveMigrationRequested { OperationId = Operation, Resolution = resolution, Trail = new Trail { RequestedBy = "operator", RequestedAt = Now } });

    public MigrationScript Cancel() => Play(new CancelMigrationRequested { OperationId = Operation, Trail = new Trail { RequestedBy = "test", RequestedAt = Now } });

    public MigrationScript StepFails(string step, ErrorKind kind, HostId host) => Play(new MigrationStepFailed { OperationId = Operation, Step = step, HostId = host, VmId = Vm, Error = new ErrorInfo { Kind = kind, Code = "test", Message = "it failed" } });

    /// <summary>Answers the open inquiry for one host; null = the host does not have the VM.</summary>
    public MigrationScript Answer(HostId host, VmState? state, bool transferRunning = false, bool pausedByMigration = false, bool incoming = false, bool postCopy = false) => Play(new MigratingVmInspected
    {
        OperationId = Operation,
        Step = State.Inquiry?.Step ?? "inspect-0",
        HostId = host,
        VmId = Vm,
        Exists = state is not null,
        State = state ?? VmState.Unknown,
        TransferRunning = transferRunning,
        PausedByMigration = pausedByMigration,
        Incoming = incoming,
        PostCopy = postCopy,
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
            MigrationPhase.Failed => At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Failed).BothAnswer(null, null).FireTimer().BothAnswer(null, null).FireTimer().BothAnswer(null, null).CleanedUp(),
            _ => throw new ArgumentOutOfRangeException(nameof(phase)),
        };
    }

    /// <summary>The same picture, round after round, until something other than a question is decided.</summary>
    public MigrationScript Rounds(int rounds, Action<MigrationScript> answer)
    {
        for (var i = 0; i < rounds && State.Inquiry is not null; i++)
        {
            if (i > 0)
            {
                FireTimer();
            }

            answer(this);
        }

        return this;
    }

    string SentStep<T>(string none) where T : class, IHostCommand => All.OfType<SendToHost>().Select(e => e.Command).OfType<T>().LastOrDefault()?.Step ?? none;

    public static MigrationSourceFacts Facts() => new()
    {
        Vm = new VmInfo { Id = Vm, Name = "web-1", State = VmState.Running, Vcpus = 2, MemoryMiB = 512 },
        SourceHostName = "host-a",
        Hypervisor = HypervisorKind.Simulated,
    };

    /// <summary>Everything played so far, as production would have recorded it.</summary>
    public MigrationRecording Recording(string title) => new()
    {
        Operation = Operation,
        Title = title,
        DecisionVersion = MigrationDecisions.Version,
        Timings = Timings,
        Inputs = _inputs,
        Decisions = _decisions,
    };

    void Apply(object input, Decision decision)
    {
        Played.Add(input);
        _inputs.Add(new RecordedInput(Now, input.GetType().Name, JsonSerializer.SerializeToElement(input, input.GetType(), HvJson.Options)));
        _decisions.Add(DecisionText.Record(decision));
        State = decision.State;
        Last = decision.Effects;
        LastIgnored = decision.Ignored;
        All.AddRange(decision.Effects);
    }
}
