using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// Both hosts have answered in one round: where is the VM, and so where to?
public static partial class MigrationDecisions
{
    /// <summary>A picture in which a guest is between two homes must be seen this often before it is believed.</summary>
    const int RoundsToBelieve = 3;

    /// <summary>A picture that is plain, but could be two moments put together.</summary>
    const int RoundsToBelievePlain = 2;

    const string OnNeitherHost = "vm-on-neither-host";

    /// <summary>What a host has of the VM.</summary>
    enum Copy
    {
        /// <summary>Nothing.</summary>
        None,

        /// <summary>Its definition; it holds no memory.</summary>
        Stopped,

        /// <summary>A copy that is being received and has never run.</summary>
        Arriving,

        /// <summary>A whole copy that the migration paused: it has left, or is just about to.</summary>
        Parked,

        /// <summary>A copy that runs, or was paused by a person.</summary>
        Live,
    }

    static Copy CopyOf(MigratingVmInspected i, bool isDestination)
    {
        if (!i.Exists)
        {
            return Copy.None;
        }

        if (i.Incoming || (isDestination && i is { State: VmState.Paused, TransferRunning: true }))
        {
            return Copy.Arriving;
        }

        return i.State is VmState.Off or VmState.Crashed or VmState.Saved ? Copy.Stopped : i.PausedByMigration ? Copy.Parked : Copy.Live;
    }

    static Decision Resolve(Draft d, MigratingVmInspected source, MigratingVmInspected destination, int asked)
    {
        if (d.State is { PostCopy: true, WorkPhase: MigrationPhase.Transferring } && source.PostCopy && destination.PostCopy && (d.State.Transfer is not null || !source.TransferRunning))
        {
            return TakeUpPostCopy(d, asked);
        }

        if (source.TransferRunning)
        {
            return OnTransferSeen(d);
        }

        if (destination is { TransferRunning: true, State: VmState.Running })
        {
            // It runs and something still arrives.
            return Wait(d);
        }

        var (s, t) = (CopyOf(source, isDestination: false), CopyOf(destination, isDestination: true));
        if (d.State.PostCopy)
        {
            return AfterPostCopy(d, s, t, source, destination, asked);
        }

        return d.State.IsCold ? ResolveCold(d, s, t, source, destination, asked) : ResolveLive(d, s, t, source, destination, asked);
    }

    static Decision ResolveLive(Draft d, Copy source, Copy destination, MigratingVmInspected from, MigratingVmInspected to, int asked)
    {
        switch (source, destination)
        {
            case (Copy.None or Copy.Stopped, Copy.Live):
                return GoForward(d);

            case (Copy.None or Copy.Stopped, Copy.Arriving or Copy.Parked):
                // The source died or stopped before all of it had arrived: what is on the destination can never become whole. Unless the source's hypervisor said it is.
                return asked < RoundsToBelieve || d.State.RanOnDestination ? Wait(d) : RollBack(d, d.State.Error, Stopped(d.State, from, to));

            case (Copy.Live or Copy.Parked, Copy.None) when LostEnd(d.State):
                return ContinueTransfer(d);

            case (Copy.Live, Copy.None):
                return StayedOnSource(d, from);

            case (Copy.Parked, Copy.None):
                return d.State.RanOnDestination || d.State.WorkPhase == MigrationPhase.Confirming || asked < RoundsToBelievePlain ? Wait(d) : RollBack(d, d.State.Error);

            case (Copy.Live or Copy.Parked, Copy.Arriving or Copy.Parked):
                // An incoming copy may outlive a failed transfer for a moment; if it stays, the destination is asked to remove it (it refuses if the copy runs).
                return asked < RoundsToBelieve || d.State.RanOnDestination ? Wait(d) : RollBack(d, d.State.Error);

            case (Copy.Parked, Copy.Live):
                // One that a person had paused before arrives paused; the destination still has to confirm that it is whole.
                return (to.State == VmState.Running && asked >= RoundsToBelievePlain) || (!d.State.WasRunning && asked >= RoundsToBelieve) ? GoForward(d) : Wait(d);

            case (Copy.Live, Copy.Live):
                return BothLive(d, from, to, asked);

            case (Copy.Live, Copy.Stopped):
                return asked < RoundsToBelieve || d.State.RanOnDestination ? Wait(d) : RollBack(d, d.State.Error);

            case (Copy.Parked, Copy.Stopped):
                // The destination keeps a definition only of a guest that was switched over to; it has stopped there since, with its host.
                return asked < RoundsToBelieve ? Wait(d) : GoForwardStopped(d);

            default:
                return asked < RoundsToBelieve ? Wait(d) : RunsNowhere(d, source, destination, from, to);
        }
    }

    /// <summary>
    /// The source's word of the end is missing and nothing is seen of a transfer: the command or its answer was lost. The source's journal knows which; it
    /// begins the transfer or repeats its end.
    /// </summary>
    static bool LostEnd(Migration s) => s is { WorkPhase: MigrationPhase.Transferring, Transfer: null };

    static Decision StayedOnSource(Draft d, MigratingVmInspected source)
    {
        var s = d.State;
        if (s is { WorkPhase: MigrationPhase.RollingBack, Restored: true } && source.State != VmState.Running)
        {
            // It was taken back, and is not paused by the migration: a person paused it meanwhile.
            return EndRolledBack(d);
        }

        return s.WorkPhase == MigrationPhase.Confirming ? Wait(d) : RollBack(d, s.Error);
    }

    static Decision BothLive(Draft d, MigratingVmInspected source, MigratingVmInspected destination, int asked)
    {
        var s = d.State;
        if (asked < RoundsToBelieve)
        {
            return Wait(d);
        }

        switch (source.State, destination.State)
        {
            case (VmState.Paused, VmState.Running):
                // From an agent that cannot say why it is paused: only a copy that was switched over to runs on the destination.
                return s.WasRunning ? GoForward(d) : Wait(d);
            case (VmState.Running, VmState.Paused) when !s.RanOnDestination && s.WorkPhase is not (MigrationPhase.Finishing or MigrationPhase.Confirming):
                // From an agent that cannot say that it has not arrived: the destination refuses to remove a copy that has run.
                return RollBack(d, s.Error);
            default:
                // Two running copies are never settled by guessing.
                return Wait(d);
        }
    }

    /// <summary>The guest runs nowhere any more, for a reason of its own: it shut down, or it crashed with its host.</summary>
    static Decision RunsNowhere(Draft d, Copy source, Copy destination, MigratingVmInspected from, MigratingVmInspected to)
    {
        // The destination keeps a definition only of a guest that has arrived: its home is there, and the source's is the one to remove.
        return destination == Copy.Stopped ? GoForwardStopped(d) : RollBack(d, d.State.Error, Stopped(d.State, from, to));
    }

    /// <summary>Of a stopped VM: who has its definition?</summary>
    static Decision ResolveCold(Draft d, Copy source, Copy destination, MigratingVmInspected from, MigratingVmInspected to, int asked)
    {
        var s = d.State;
        var arrived = s.Transfer?.Outcome == VmTransferOutcome.Completed || s.WorkPhase is MigrationPhase.Finishing or MigrationPhase.Confirming;
        var (onSource, onDestination) = (source is not (Copy.None or Copy.Arriving), destination is not (Copy.None or Copy.Arriving));
        switch (onSource, onDestination)
        {
            case (false, true):
                return GoForward(d);
            case (true, _) when LostEnd(s) && destination != Copy.Live:
                return ContinueTransfer(d);
            case (true, true):
                // The destination had none before, and stores one only whole: verified there, the source's is the one to remove. Someone who started either by hand is not overruled.
                return source == Copy.Stopped && destination == Copy.Stopped && (arrived || asked >= RoundsToBelievePlain) ? GoForward(d) : Wait(d);
            case (true, false):
                return s.WorkPhase == MigrationPhase.Confirming || asked < (arrived || destination == Copy.Arriving ? RoundsToBelieve : 1) ? Wait(d) : RollBack(d, s.Error);
            case (false, false):
                return asked < RoundsToBelieve || destination == Copy.Arriving ? Wait(d) : RollBack(d, s.Error, Stopped(s, from, to));
        }
    }

    /// <summary>The guest has moved, or hangs between the hosts: forward when the destination has all of it, and never back.</summary>
    static Decision AfterPostCopy(Draft d, Copy source, Copy destination, MigratingVmInspected from, MigratingVmInspected to, int asked)
    {
        var whole = !to.PostCopy && from is not { State: VmState.Running };
        return destination switch
        {
            Copy.Live when whole && (source is Copy.None or Copy.Stopped || asked >= RoundsToBelievePlain) => GoForward(d),
            Copy.Stopped when whole && asked >= RoundsToBelieve => GoForwardStopped(d),

            // Both lost it: what is left is the source's definition of a guest that is off. Nothing is resumed.
            Copy.None when source is Copy.Stopped or Copy.None && asked >= RoundsToBelieve => RollBack(d, d.State.Error, Stopped(d.State, from, to)),
            _ => Wait(d),
        };
    }

    /// <summary>
    /// Both hosts have a part of the guest, and the source has said that it follows the transfer no more: it is asked to go on where it was, ever more slowly.
    /// The question stays open, so that what lasts is seen as a doubt.
    /// </summary>
    static Decision TakeUpPostCopy(Draft d, int asked)
    {
        var s = d.State;
        if (s.Transfer is not null)
        {
            if (asked < RoundsToBelieve + Math.Min(s.Resumes, RoundsToBelieve))
            {
                return Wait(d);
            }

            d.State = s with { Resumes = s.Resumes + 1, Transfer = null };
        }

        // Also where nothing was heard since: the command or its answer was lost, and the source's journal knows which.
        SendTransfer(d);
        return d.Done();
    }

    /// <summary>The picture is not settled: the timer asks again.</summary>
    static Decision Wait(Draft d) => d.Done();

    static Decision OnTransferSeen(Draft d)
    {
        switch (d.State.WorkPhase)
        {
            case MigrationPhase.Transferring:
                return ContinueTransfer(d);
            case MigrationPhase.Cancelling when d.State.PostCopy:
                return LetItEnd(d);
            case MigrationPhase.Cancelling:
                return ContinueTransfer(d);
            case MigrationPhase.RollingBack when !d.State.PostCopy:
                // One that was begun late, by a command that had been under way.
                SendAbort(d);
                return d.Done();
            default:
                return Wait(d);
        }
    }

    static Decision ContinueTransfer(Draft d)
    {
        var s = d.State;
        d.State = s with { Inquiry = null };
        if (s.Phase == MigrationPhase.InDoubt)
        {
            var left = s.StepDeadline > d.Now ? s.StepDeadline - d.Now : TimeSpan.Zero;
            LeaveDoubt(d, s.PhaseBeforeDoubt, s.PhaseBeforeDoubt == MigrationPhase.Transferring ? TransferTimeLeft(d, left) : null);
        }

        return d.State is { CancelRequested: true, Phase: MigrationPhase.Transferring, PostCopy: false } ? StopTransfer(d, "cancelled", null) : IssueStepNow(d);
    }

    /// <summary>What was to be stopped cannot be any more, since the guest has begun to run on the destination.</summary>
    static Decision LetItEnd(Draft d)
    {
        d.State = d.State with { Inquiry = null };
        RefusePendingCancel(d, "past-point-of-no-return", $"VM '{d.State.VmName}' runs on the destination already and fetches its memory; the migration completes instead of being undone.");
        d.Enter(MigrationPhase.Transferring, "the guest runs on the destination already (post-copy): the transfer cannot be stopped", deadline: TimeSpan.FromSeconds(d.State.Policy.TimeoutSeconds));
        return IssueStepNow(d);
    }

    static TimeSpan TransferTimeLeft(Draft d, TimeSpan left) => left > d.Timings.TransferGrace ? left : d.Timings.TransferGrace;

    static ErrorInfo Stopped(Migration s, MigratingVmInspected source, MigratingVmInspected destination)
    {
        var known = source.Exists || (destination.Exists && !destination.Incoming);
        return new ErrorInfo
        {
            Kind = ErrorKind.InvalidState,
            Code = known ? "vm-stopped-during-migration" : OnNeitherHost,
            Message = $"VM '{s.VmName}' stopped running during its migration: source {Describe(source)}, destination {Describe(destination)}.",
            Where = $"source host {s.SourceHostId}",
            Advice = known
                ? "Start it on the host that has its definition."
                : "Its disks are untouched; define it again from its history (GET /v1/vms/{id}/history) and look into both hosts' logs.",
            Cause = s.Error,
        };
    }
}
