using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>
/// What a migration does next: <c>(state, message, now) → (state, effects)</c>, with no clock, no bus and no database, so that production, a
/// simulation and the replay of a past migration decide alike.
/// <para>
/// The theory. A VM has two homes during a migration, and only the two hypervisors know in which one it runs. So:
/// (1) before the transfer nothing has happened to the VM, and every failure leads straight back;
/// (2) from <see cref="MigrationPhase.Transferring"/> on, no word of one side alone, and no silence, moves the saga back: it asks both hosts
/// (an <see cref="Inquiry"/>) and goes where the VM is. The one word that is trusted to go forward is the source hypervisor's own
/// "completed", and even then the destination must confirm that it has the VM before anything on the source is removed;
/// (3) the way back has an order: the source is told to begin no transfer any more, the destination is cleaned (and refuses if the VM runs there), and
/// only after its answer the source takes the VM back and says that it is as before. A guest that has run on the destination is never resumed on the
/// source: its memory there is of the past;
/// (4) a host that does not answer makes the state <see cref="MigrationPhase.InDoubt"/>, not a guess; an operator may end a doubt by an explicit word,
/// which a fresh answer of a host can contradict;
/// (5) once memory is fetched after the switch-over (post-copy) neither side alone is the VM, and there is no way back: one that broke off is taken up again;
/// (6) of a stopped VM (cold) the question is who has its definition; otherwise the same holds;
/// (7) every wait has a timer that sends the step again (hosts journal steps and never run one twice), so a lost message costs time only;
/// (8) a message that no longer matters is named in <see cref="Decision.Ignored"/>, never an error.
/// </para>
/// </summary>
public static partial class MigrationDecisions
{
    /// <summary>Grows whenever the same messages lead to another decision: a recording of the same version must be reproduced exactly.</summary>
    public const int Version = 5;

    /// <summary>Every message that a migration decides on.</summary>
    public static IReadOnlyList<Type> Inputs { get; } =
    [
        typeof(BeginMigration), typeof(MigrationSourceChecked), typeof(MigrationDestinationChecked), typeof(MigrationCapacityReserved), typeof(MigrationCapacityDeferred),
        typeof(MigrationCapacityRefused), typeof(MigrationDestinationPrepared), typeof(VmTransferEnded), typeof(MigratingVmInspected), typeof(MigrationFinishedOnDestination),
        typeof(MigrationConfirmedOnSource), typeof(MigrationDestinationCleanedUp), typeof(MigrationSourceRestored), typeof(MigrationStepFailed), typeof(CancelMigrationRequested),
        typeof(ResolveMigrationRequested), typeof(MigrationTimerElapsed),
    ];

    /// <summary>Whether a message may come before all others: the beginning, or a cancel that overtook it.</summary>
    public static bool CanBeFirst(Type message) => message == typeof(BeginMigration) || message == typeof(CancelMigrationRequested);

    /// <summary>The first decision: takes a migration on and asks the source.</summary>
    public static Decision Begin(BeginMigration m, DateTimeOffset now, MigrationTimings timings) => Decide(null, m, now, timings);

    /// <summary>Every decision. <paramref name="state"/> is null before the first.</summary>
    public static Decision Decide(Migration? state, object message, DateTimeOffset now, MigrationTimings timings)
    {
        if (state is null or { Phase: MigrationPhase.Requested })
        {
            return message switch
            {
                BeginMigration m => Begin(m, cancelled: state is not null, now, timings),
                CancelMigrationRequested m when state is null => CancelledBeforeBegun(m, now),
                _ when state is not null => Ignore(state, TooEarly, "the migration was cancelled before it began; it waits for its beginning"),
                _ => throw new ArgumentException($"A migration cannot begin with {message.GetType().Name}.", nameof(message)),
            };
        }

        var d = new Draft(state, now, timings);
        if (state.IsOver)
        {
            return message switch
            {
                CancelMigrationRequested => RefuseCancel(d, "migration-over", $"The migration ended as {state.Phase}."),
                ResolveMigrationRequested m => RefuseResolve(d, m, $"The migration ended as {state.Phase}.", "Nothing is in doubt any more."),
                _ => Ignore(state, Over, $"the migration is over ({state.Phase})"),
            };
        }

        return message switch
        {
            BeginMigration => Ignore(state, Repeated, "it has begun already"),
            MigrationSourceChecked m => OnSourceChecked(d, m),
            MigrationDestinationChecked m => OnDestinationChecked(d, m),
            MigrationCapacityReserved m => OnReserved(d, m),
            MigrationCapacityDeferred m => OnDeferred(d, m),
            MigrationCapacityRefused m => OnReservationRefused(d, m),
            MigrationDestinationPrepared m => OnPrepared(d, m),
            VmTransferEnded m => OnTransferEnded(d, m),
            MigratingVmInspected m => OnInspected(d, m),
            MigrationFinishedOnDestination => OnFinished(d),
            MigrationConfirmedOnSource => OnConfirmed(d),
            MigrationDestinationCleanedUp m => OnCleanedUp(d, m),
            MigrationSourceRestored m => OnRestored(d, m),
            MigrationStepFailed m => OnStepFailed(d, m),
            CancelMigrationRequested m => OnCancel(d, m),
            ResolveMigrationRequested m => OnResolve(d, m),
            MigrationTimerElapsed m => OnTimer(d, m),
            _ => Ignore(state, NoInput, $"{message.GetType().Name} is no input of a migration"),
        };
    }

    // Why messages are ignored: few, for counting.
    const string Over = "over";
    const string TooEarly = "not-begun";
    const string Repeated = "repeated";
    const string Late = "late";
    const string EarlierStep = "earlier-step";
    const string BeingDone = "being-done";
    const string NoInput = "no-input";

    static Decision Ignore(Migration state, string reason, string why) => new(state, [], new Ignored(reason, why));

    static Decision OnTimer(Draft d, MigrationTimerElapsed m)
    {
        var s = d.State;
        if (m.Timer != s.Timer)
        {
            return Ignore(s, EarlierStep, $"timer {m.Timer} is of an earlier step (now {s.Timer})");
        }

        if (s.Inquiry is not null)
        {
            return AskAgain(d);
        }

        var late = d.Now >= s.StepDeadline;
        switch (s.Phase)
        {
            case MigrationPhase.Preflight or MigrationPhase.Reserving when late:
                return EndUntouched(d, NoAnswer(s));
            case MigrationPhase.PreparingDestination when late:
                return RollBack(d, NoAnswer(s));
            case MigrationPhase.Transferring when late && !s.PostCopy:
                return StopTransfer(d, $"the transfer took longer than the {s.Policy.TimeoutSeconds} s allowed", TransferTimedOut(s));
            case MigrationPhase.Transferring or MigrationPhase.Cancelling:
                return Ask(d, null);
            case MigrationPhase.RollingBack when late && s.Resolution is not null:
                return EndRolledBack(d);
            case MigrationPhase.Finishing or MigrationPhase.Confirming or MigrationPhase.RollingBack when late:
                return Ask(d, NoAnswer(s));
            default:
                IssueStep(d);
                return d.Done();
        }
    }

    static Decision OnStepFailed(Draft d, MigrationStepFailed m)
    {
        var s = d.State;
        if (m.Step.StartsWith("inspect-", StringComparison.Ordinal))
        {
            return Ignore(s, Late, "the host could not be inspected; the timer asks again");
        }

        if (m.Step.StartsWith("abort-transfer", StringComparison.Ordinal))
        {
            return OnAbortFailed(d);
        }

        if (m.Step != ExpectedStep(d) || s.Inquiry is not null)
        {
            return Ignore(s, EarlierStep, $"step '{m.Step}' is not the one waited for");
        }

        if (m.Error.Kind == ErrorKind.Transient && s.Attempt < d.Timings.MaxAttempts && s.Phase != MigrationPhase.Transferring)
        {
            d.State = s with { Attempt = s.Attempt + 1 };
            d.Arm(d.Timings.RetryDelay);
            return d.Done();
        }

        return s.Phase switch
        {
            MigrationPhase.Preflight => EndUntouched(d, m.Error),
            MigrationPhase.PreparingDestination => RollBack(d, m.Error),
            MigrationPhase.RollingBack when s.DestinationClean => OnRestoreFailed(d, m.Error),
            _ => Ask(d, m.Error),
        };
    }

    static ErrorInfo NoAnswer(Migration s)
    {
        var who = s.Phase switch
        {
            MigrationPhase.Preflight => s.Source is null ? $"source host {s.SourceHostId}" : $"destination host {s.DestinationHostId}",
            MigrationPhase.Reserving => "orchestrator",
            MigrationPhase.Confirming => $"source host {s.SourceHostId}",
            MigrationPhase.RollingBack when s.DestinationClean => $"source host {s.SourceHostId}",
            _ => $"destination host {s.DestinationHostId}",
        };
        return new ErrorInfo
        {
            Kind = ErrorKind.Timeout,
            Code = "step-unanswered",
            Message = $"Migrating VM '{s.VmName}': the {who} did not answer in phase {s.Phase}.",
            Where = who,
            Advice = "Check that the host's agent runs and reaches the message broker, then start the migration again.",
        };
    }

    static ErrorInfo TransferTimedOut(Migration s) => new()
    {
        Kind = ErrorKind.Timeout,
        Code = "transfer-timeout",
        Message = $"Migrating VM '{s.VmName}': the transfer did not end within {s.Policy.TimeoutSeconds} s and was stopped.",
        Where = $"source host {s.SourceHostId}",
        Advice = "The guest may dirty memory faster than it can be copied: raise the bandwidth or the downtime limit, allow auto-converge, or raise timeoutSeconds.",
    };
}
