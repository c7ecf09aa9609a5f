using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// From the transfer on: forward on the source hypervisor's own word or where both hosts say the VM is; never back on one side's word.
public static partial class MigrationDecisions
{
    static Decision OnTransferEnded(Draft d, VmTransferEnded m)
    {
        var s = d.State;
        if (s.WorkPhase is not (MigrationPhase.Transferring or MigrationPhase.Cancelling))
        {
            return Ignore(s, "no transfer is waited for");
        }

        if (s.Transfer is not null)
        {
            return Ignore(s, "the transfer's end is known already");
        }

        d.State = s with { Transfer = m };
        return m.Outcome == VmTransferOutcome.Completed ? GoForward(d) : Ask(d, m.Error);
    }

    static Decision OnFinished(Draft d)
    {
        if (d.State.WorkPhase != MigrationPhase.Finishing)
        {
            return Ignore(d.State, "the destination's end is not waited for");
        }

        d.State = d.State with { Inquiry = null, Attempt = 1 };
        d.Enter(MigrationPhase.Confirming);
        IssueStep(d);
        return d.Done();
    }

    static Decision OnConfirmed(Draft d)
    {
        if (d.State.WorkPhase != MigrationPhase.Confirming)
        {
            return Ignore(d.State, "the source's confirmation is not waited for");
        }

        return EndCompleted(d);
    }

    /// <summary>The VM is on the destination: have it verified there, then have the source cleared.</summary>
    static Decision GoForward(Draft d)
    {
        var next = d.State.WorkPhase == MigrationPhase.Confirming ? MigrationPhase.Confirming : MigrationPhase.Finishing;
        var again = d.State.WorkPhase == next;
        d.State = d.State with { Inquiry = null, Attempt = again ? d.State.Attempt + 1 : 1 };
        if (d.State.CancelRequested)
        {
            d.State = d.State with { CancelRequested = false };
            PublishCancelRefused(d, "past-point-of-no-return", $"VM '{d.State.VmName}' runs on the destination already; the migration completes instead of being undone.");
        }

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
            return Ignore(s, "a cancel is being carried out already");
        }

        switch (s.WorkPhase)
        {
            case MigrationPhase.Preflight or MigrationPhase.Reserving:
                d.State = s with { CancelRequested = true };
                return EndUntouched(d, null);
            case MigrationPhase.PreparingDestination:
                d.State = s with { CancelRequested = true };
                return RollBack(d, null);
            case MigrationPhase.Transferring when s.Phase == MigrationPhase.InDoubt || s.Inquiry is not null:
                d.State = s with { CancelRequested = true };
                return d.Done();
            case MigrationPhase.Transferring:
                d.State = s with { CancelRequested = true };
                return StopTransfer(d, $"cancelled by {m.Trail.RequestedBy}{(m.Trail.Reason is { } r ? $": {r}" : "")}", null);
            case MigrationPhase.Finishing or MigrationPhase.Confirming:
                return RefuseCancel(d, "past-point-of-no-return", $"VM '{s.VmName}' has left the source; the migration completes instead of being undone.");
            default:
                return Ignore(s, $"the migration is being undone already ({s.Phase})");
        }
    }

    static Decision StopTransfer(Draft d, string reason, ErrorInfo? error)
    {
        d.Blame(error);
        d.Enter(MigrationPhase.Cancelling, reason, error);
        IssueStep(d);
        return d.Done();
    }

    static Decision RefuseCancel(Draft d, string code, string message)
    {
        PublishCancelRefused(d, code, message);
        return d.Done();
    }

    static void PublishCancelRefused(Draft d, string code, string message) => d.Publish(new Contracts.Operations.CancelRejected
    {
        OperationId = d.State.OperationId,
        At = d.Now,
        Error = new ErrorInfo { Kind = ErrorKind.InvalidState, Code = code, Message = message, Advice = "To bring the VM back, migrate it again." },
    });
}
