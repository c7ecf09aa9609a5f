using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// From the transfer on: forward on the source hypervisor's own word or where both hosts say the VM is; never back on one side's word.
public static partial class MigrationDecisions
{
    static Decision OnTransferEnded(Draft d, VmTransferEnded m)
    {
        var s = d.State;
        if (s.Transfer is { Outcome: not VmTransferOutcome.Indeterminate } || s.Transfer?.Outcome == m.Outcome)
        {
            return Ignore(s, Repeated, "the transfer's end is known already");
        }

        if (m.Outcome != VmTransferOutcome.Completed && m.Step != TransferStep(s))
        {
            return Ignore(s, EarlierStep, $"step '{m.Step}' has been taken up again as '{TransferStep(s)}'");
        }

        switch (s.WorkPhase)
        {
            case MigrationPhase.Transferring or MigrationPhase.Cancelling when m.Outcome == VmTransferOutcome.Completed:
                d.State = s with { Transfer = m, RanOnDestination = !s.IsCold };
                return GoForward(d);
            case MigrationPhase.Transferring or MigrationPhase.Cancelling:
                d.State = s with { Transfer = m };
                return s.Inquiry is null ? Ask(d, m.Error) : Blame(d, m.Error);
            case MigrationPhase.RollingBack when m.Outcome == VmTransferOutcome.Completed:
                // A transfer that was begun late has moved the VM after all: what is being undone is the VM's home.
                d.State = s with { Transfer = m, RanOnDestination = !s.IsCold };
                return s.Inquiry is null ? Ask(d, null) : d.Done();
            default:
                return Ignore(s, Late, "no transfer is waited for");
        }
    }

    static Decision Blame(Draft d, ErrorInfo? error)
    {
        d.Blame(error);
        return d.Done();
    }

    static Decision OnFinished(Draft d)
    {
        if (d.State.WorkPhase != MigrationPhase.Finishing)
        {
            return Ignore(d.State, Late, "the destination's end is not waited for");
        }

        d.State = d.State with { Inquiry = null, Attempt = 1, RanOnDestination = !d.State.IsCold };
        d.Enter(MigrationPhase.Confirming);
        return IssueStepNow(d);
    }

    static Decision OnConfirmed(Draft d)
    {
        if (d.State.WorkPhase != MigrationPhase.Confirming)
        {
            return Ignore(d.State, Late, "the source's confirmation is not waited for");
        }

        return EndCompleted(d);
    }

    /// <summary>The VM is on the destination: have it verified there, then have the source cleared.</summary>
    static Decision GoForward(Draft d) => GoForward(d, d.State.WorkPhase == MigrationPhase.Confirming ? MigrationPhase.Confirming : MigrationPhase.Finishing);

    /// <summary>The guest ran on the destination and has stopped there: nothing runs that could be verified, but its definition is there and is the one to keep.</summary>
    static Decision GoForwardStopped(Draft d) => GoForward(d, MigrationPhase.Confirming);

    static Decision GoForward(Draft d, MigrationPhase next)
    {
        var again = d.State.WorkPhase == next;
        d.State = d.State with { Inquiry = null, Attempt = again ? d.State.Attempt + 1 : 1, FailWith = null, RanOnDestination = d.State.RanOnDestination || !d.State.IsCold };
        RefusePendingCancel(d, "past-point-of-no-return", $"VM '{d.State.VmName}' is on the destination already; the migration completes instead of being undone.");
        if (d.State.Phase != next)
        {
            d.Enter(next);
        }

        return again ? IssueStepLater(d) : IssueStepNow(d);
    }

    static Decision OnCancel(Draft d, CancelMigrationRequested m)
    {
        var s = d.State;
        if (s.CancelRequested)
        {
            return Ignore(s, BeingDone, "a cancel is being carried out already; its end is the answer to this one too");
        }

        if (s.PostCopy || s.WorkPhase is MigrationPhase.Finishing or MigrationPhase.Confirming)
        {
            return RefuseCancel(d, "past-point-of-no-return", $"VM '{s.VmName}' has left the source; the migration completes instead of being undone.");
        }

        d.State = s with { CancelRequested = true };
        return s.WorkPhase switch
        {
            MigrationPhase.Preflight or MigrationPhase.Reserving => EndUntouched(d, null),
            MigrationPhase.PreparingDestination => RollBack(d, null),
            MigrationPhase.Transferring when s.Phase == MigrationPhase.InDoubt || s.Inquiry is not null => d.Done(),
            MigrationPhase.Transferring => StopTransfer(d, $"cancelled by {m.Trail.RequestedBy}{(m.Trail.Reason is { } r ? $": {r}" : "")}", null),

            // It is being undone already: the end counts as the cancel's.
            _ => d.Done(),
        };
    }

    static Decision StopTransfer(Draft d, string reason, ErrorInfo? error)
    {
        d.Blame(error);
        d.Enter(MigrationPhase.Cancelling, reason, error);
        return IssueStepNow(d);
    }

    /// <summary>The source could not stop the transfer (it may just have ended, or be past stopping): asks, but not at the speed of messages.</summary>
    static Decision OnAbortFailed(Draft d)
    {
        if (d.State.Phase != MigrationPhase.Cancelling || d.State.Inquiry is not null)
        {
            return Ignore(d.State, Late, "no transfer is being stopped");
        }

        d.Arm(d.Timings.RetryDelay);
        return d.Done();
    }

    static Decision RefuseCancel(Draft d, string code, string message)
    {
        PublishCancelRefused(d, code, message);
        return d.Done();
    }

    /// <summary>A cancel that was being carried out and cannot be: that is its one answer.</summary>
    static void RefusePendingCancel(Draft d, string code, string message)
    {
        if (d.State.CancelRequested)
        {
            d.State = d.State with { CancelRequested = false };
            PublishCancelRefused(d, code, message);
        }
    }

    static void PublishCancelRefused(Draft d, string code, string message) => d.Publish(new Contracts.Operations.CancelRejected
    {
        OperationId = d.State.OperationId,
        At = d.Now,
        Error = new ErrorInfo { Kind = ErrorKind.InvalidState, Code = code, Message = message, Advice = "To bring the VM back, migrate it again." },
    });
}
