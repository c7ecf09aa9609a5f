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
/// "completed", and even then the destination must confirm that the VM runs there before anything on the source is removed;
/// (3) a host that does not answer makes the state <see cref="MigrationPhase.InDoubt"/>, not a guess;
/// (4) every wait has a timer that sends the step again (hosts journal steps and never run one twice), so a lost message costs time only;
/// (5) a message that no longer matters is named in <see cref="Decision.Ignored"/>, never an error.
/// </para>
/// </summary>
public static partial class MigrationDecisions
{
    /// <summary>The first decision: takes a migration on and asks the source.</summary>
    public static Decision Begin(BeginMigration m, DateTimeOffset now, MigrationTimings timings)
    {
        var d = new Draft(
            new Migration
            {
                OperationId = m.OperationId,
                VmId = m.VmId,
                VmName = m.VmName,
                SourceHostId = m.SourceHostId,
                DestinationHostId = m.DestinationHostId,
                Epoch = m.Epoch,
                Policy = m.Policy,
                Trail = m.Trail,
                Phase = MigrationPhase.Requested,
                PhaseSince = m.Trail.RequestedAt < now ? m.Trail.RequestedAt : now,
                StepDeadline = now,
            },
            now,
            timings);
        d.Publish(new MigrationStarted
        {
            OperationId = m.OperationId,
            VmId = m.VmId,
            SourceHostId = m.SourceHostId,
            DestinationHostId = m.DestinationHostId,
            Epoch = m.Epoch,
            Policy = m.Policy,
            Trail = m.Trail,
            At = now,
        });
        d.Enter(MigrationPhase.Preflight);
        IssueStep(d);
        return d.Done();
    }

    /// <summary>Every later decision.</summary>
    public static Decision Decide(Migration state, object message, DateTimeOffset now, MigrationTimings timings)
    {
        var d = new Draft(state, now, timings);
        if (state.IsOver)
        {
            return message is CancelMigrationRequested ? RefuseCancel(d, "migration-over", $"The migration ended as {state.Phase}.") : Ignore(state, $"the migration is over ({state.Phase})");
        }

        return message switch
        {
            BeginMigration => Ignore(state, "it has begun already"),
            MigrationSourceChecked m => OnSourceChecked(d, m),
            MigrationDestinationChecked m => OnDestinationChecked(d, m),
            MigrationCapacityReserved m => OnReserved(d, m),
            MigrationCapacityRefused m => OnReservationRefused(d, m),
            MigrationDestinationPrepared m => OnPrepared(d, m),
            VmTransferEnded m => OnTransferEnded(d, m),
            MigratingVmInspected m => OnInspected(d, m),
            MigrationFinishedOnDestination => OnFinished(d),
            MigrationConfirmedOnSource => OnConfirmed(d),
            MigrationDestinationCleanedUp => OnCleanedUp(d),
            MigrationStepFailed m => OnStepFailed(d, m),
            CancelMigrationRequested m => OnCancel(d, m),
            MigrationTimerElapsed m => OnTimer(d, m),
            _ => Ignore(state, $"{message.GetType().Name} is no input of a migration"),
        };
    }

    static Decision Ignore(Migration state, string why) => new(state, [], why);

    /// <summary>Sends the current phase's step (again) and arms the timer that will do so once more.</summary>
    static void IssueStep(Draft d)
    {
        var s = d.State;
        switch (s.Phase)
        {
            case MigrationPhase.Preflight when s.Source is null:
                d.SendToSource(new CheckMigrationSource { OperationId = s.OperationId, Step = d.StepName("check-source"), HostId = s.SourceHostId, VmId = s.VmId, Epoch = s.Epoch });
                break;
            case MigrationPhase.Preflight:
                d.SendToDestination(new CheckMigrationDestination { OperationId = s.OperationId, Step = d.StepName("check-destination"), HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch, Source = s.Source! });
                break;
            case MigrationPhase.Reserving:
                d.SendToOrchestrator(new ReserveMigrationCapacity { OperationId = s.OperationId, VmId = s.VmId, HostId = s.DestinationHostId, MemoryMiB = s.Source!.Vm.MemoryMiB, Vcpus = s.Source.Vm.Vcpus });
                break;
            case MigrationPhase.PreparingDestination:
                d.SendToDestination(new PrepareMigrationDestination { OperationId = s.OperationId, Step = d.StepName("prepare-destination"), HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch, Source = s.Source! });
                break;
            case MigrationPhase.Transferring:
                // Always the same step name: however often it is sent, the source transfers once.
                d.SendToSource(new TransferVm { OperationId = s.OperationId, HostId = s.SourceHostId, VmId = s.VmId, Epoch = s.Epoch, DestinationHostId = s.DestinationHostId, MigrationUri = s.MigrationUri!, Policy = s.Policy });
                break;
            case MigrationPhase.Cancelling:
                // Always a new step name: an abort that came before the job existed has to be carried out again.
                d.SendToSource(new AbortVmTransfer { OperationId = s.OperationId, Step = $"abort-transfer#{s.Timer}", HostId = s.SourceHostId, VmId = s.VmId, Epoch = s.Epoch });
                break;
            case MigrationPhase.Finishing:
                d.SendToDestination(new FinishMigrationOnDestination { OperationId = s.OperationId, Step = d.StepName("finish-destination"), HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch });
                break;
            case MigrationPhase.Confirming:
                d.SendToSource(new ConfirmMigrationOnSource { OperationId = s.OperationId, Step = d.StepName("confirm-source"), HostId = s.SourceHostId, VmId = s.VmId, Epoch = s.Epoch });
                break;
            case MigrationPhase.RollingBack:
                d.SendToDestination(new CleanUpMigrationDestination { OperationId = s.OperationId, Step = d.StepName("clean-up-destination"), HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch });
                break;
        }

        d.Arm(s.Phase == MigrationPhase.Transferring ? d.Timings.TransferCheck : d.Timings.Reissue);
    }

    static Decision IssueStepNow(Draft d)
    {
        IssueStep(d);
        return d.Done();
    }

    /// <summary>
    /// For a step that was refused or unanswered before: no hurry, and no busy loop between it and the inquiry. The timer sends it, and only then its time runs.
    /// </summary>
    static Decision IssueStepLater(Draft d)
    {
        var wait = d.Timings.RetryDelay * Math.Min(d.State.Attempt, 30);
        d.State = d.State with { StepDeadline = d.Now + wait + d.Timings.StepDeadline };
        d.Arm(wait);
        return d.Done();
    }

    /// <summary>The step the current phase waits for, or null where it waits for no host's step.</summary>
    static string? ExpectedStep(Draft d) => d.State.Phase switch
    {
        MigrationPhase.Preflight => d.StepName(d.State.Source is null ? "check-source" : "check-destination"),
        MigrationPhase.PreparingDestination => d.StepName("prepare-destination"),
        MigrationPhase.Transferring => "transfer",
        MigrationPhase.Finishing => d.StepName("finish-destination"),
        MigrationPhase.Confirming => d.StepName("confirm-source"),
        MigrationPhase.RollingBack => d.StepName("clean-up-destination"),
        _ => null,
    };

    static Decision OnTimer(Draft d, MigrationTimerElapsed m)
    {
        var s = d.State;
        if (m.Timer != s.Timer)
        {
            return Ignore(s, $"timer {m.Timer} is of an earlier step (now {s.Timer})");
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
            case MigrationPhase.Transferring when late:
                return StopTransfer(d, $"the transfer took longer than the {s.Policy.TimeoutSeconds} s allowed", TransferTimedOut(s));
            case MigrationPhase.Transferring or MigrationPhase.Cancelling:
                return Ask(d, null);
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
            return Ignore(s, "the host could not be inspected; the timer asks again");
        }

        if (m.Step.StartsWith("abort-transfer", StringComparison.Ordinal))
        {
            return s.Phase == MigrationPhase.Cancelling && s.Inquiry is null ? Ask(d, null) : Ignore(s, "no transfer is being stopped");
        }

        if (m.Step != ExpectedStep(d) || s.Inquiry is not null)
        {
            return Ignore(s, $"step '{m.Step}' is not the one waited for");
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
