using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// The way back, in its order: close the source to the transfer, clean the destination, and only then have the source take the VM back.
public static partial class MigrationDecisions
{
    /// <summary>Undoes what was prepared. Called only when both hosts agree, or the transfer never began.</summary>
    /// <param name="d">The draft.</param>
    /// <param name="error">Why.</param>
    /// <param name="failWith">If the VM has stopped or is gone: what to end with instead of RolledBack.</param>
    static Decision RollBack(Draft d, ErrorInfo? error, ErrorInfo? failWith = null)
    {
        d.Blame(error);
        var again = d.State.WorkPhase == MigrationPhase.RollingBack;
        d.State = d.State with { Inquiry = null, Attempt = d.State.Attempt + 1, DestinationClean = false, Restored = false, FailWith = failWith };
        if (d.State.TransferSent && !again)
        {
            // Nobody waits for its answer: the restoring closes too, and is waited for.
            SendAbort(d);
        }

        if (d.State.Phase != MigrationPhase.RollingBack)
        {
            d.Enter(MigrationPhase.RollingBack, d.State.CancelRequested ? "cancelled" : null, failWith ?? d.State.Error);
        }

        return again ? IssueStepLater(d) : IssueStepNow(d);
    }

    static Decision OnCleanedUp(Draft d, MigrationDestinationCleanedUp m)
    {
        var s = d.State;
        if (s.WorkPhase != MigrationPhase.RollingBack || s.DestinationClean)
        {
            return Ignore(s, Late, "no cleaning up is waited for");
        }

        if (m.Step != ExpectedStep(d))
        {
            // What was clean in an earlier round need not be now.
            return Ignore(s, EarlierStep, $"step '{m.Step}' is of an earlier round");
        }

        d.State = s with { DestinationClean = true, Inquiry = null, StepDeadline = d.Now + d.Timings.StepDeadline };
        if (!s.TransferSent)
        {
            return EndRolledBack(d);
        }

        if (s.FailWith is { Code: OnNeitherHost } gone)
        {
            return EndFailed(d, gone);
        }

        LeaveDoubt(d, MigrationPhase.RollingBack);
        return IssueStepNow(d);
    }

    static Decision OnRestored(Draft d, MigrationSourceRestored m)
    {
        var s = d.State;
        if (s.WorkPhase != MigrationPhase.RollingBack || !s.DestinationClean)
        {
            return Ignore(s, Late, "no restoring is waited for");
        }

        if (m.Step != ExpectedStep(d))
        {
            return Ignore(s, EarlierStep, $"step '{m.Step}' is of an earlier round");
        }

        if (s.FailWith is { } stopped && m.State != VmState.Running)
        {
            return EndFailed(d, stopped);
        }

        if (!s.WasRunning || m.State == VmState.Running || s.Resolution is not null)
        {
            return EndRolledBack(d);
        }

        // It ran before and does not now: stopped by itself, or paused by a person. Both hosts tell.
        d.State = s with { Restored = true };
        return s.Inquiry is null ? Ask(d, null) : d.Done();
    }

    static Decision OnRestoreFailed(Draft d, ErrorInfo error)
    {
        if (d.State.FailWith is { } stopped)
        {
            return EndFailed(d, stopped);
        }

        // Also after an operator's word: the source, which answers now, knows better.
        d.State = d.State with { Resolution = null, ResolvedBy = null };
        return Ask(d, error);
    }

    static void LeaveDoubt(Draft d, MigrationPhase to, TimeSpan? deadline = null)
    {
        if (d.State.Phase == MigrationPhase.InDoubt)
        {
            d.Enter(to, "the hosts answer again", deadline: deadline);
        }
    }
}
