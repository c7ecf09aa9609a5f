using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// Asking both hosts what is true, and going where the VM is.
public static partial class MigrationDecisions
{
    /// <summary>A picture that could be a moment of transition must be seen this often before it is believed.</summary>
    const int RoundsToBelieve = 3;

    /// <summary>Opens an inquiry: asks both hosts, now.</summary>
    static Decision Ask(Draft d, ErrorInfo? error)
    {
        d.Blame(error);
        AskRound(d, new Inquiry { Round = d.State.InquiryRounds + 1, Since = d.Now, Asked = 1 });
        return d.Done();
    }

    /// <summary>The answers did not come or did not settle it: says so when it has lasted, and asks again, ever more slowly.</summary>
    static Decision AskAgain(Draft d)
    {
        var open = d.State.Inquiry!;
        if (d.State.Phase != MigrationPhase.InDoubt && d.Now - open.Since >= d.Timings.InDoubtAfter)
        {
            EnterDoubt(d, open);
        }

        AskRound(d, new Inquiry { Round = d.State.InquiryRounds + 1, Since = open.Since, Asked = open.Asked + 1 });
        return d.Done();
    }

    static void EnterDoubt(Draft d, Inquiry open)
    {
        var s = d.State;
        var unanswered = new List<HostId>();
        if (open.Source is null)
        {
            unanswered.Add(s.SourceHostId);
        }

        if (open.Destination is null)
        {
            unanswered.Add(s.DestinationHostId);
        }

        var unknown = unanswered.Count > 0
            ? $"Whether VM '{s.VmName}' runs on {string.Join(" and ", unanswered.Select(h => $"host {h}"))}: no answer."
            : $"Both hosts answer, but not in a way that settles it: source {Describe(open.Source!)}, destination {Describe(open.Destination!)}.";
        d.State = s with { PhaseBeforeDoubt = s.Phase };
        d.Publish(new MigrationInDoubt { OperationId = s.OperationId, VmId = s.VmId, UnansweredHostIds = unanswered, Since = open.Since, Unknown = unknown });
        d.Enter(MigrationPhase.InDoubt, unknown, s.Error);
    }

    static string Describe(MigratingVmInspected i) => !i.Exists ? "does not have it" : i.TransferRunning ? $"has it {i.State}, a migration job is active" : $"has it {i.State}";

    static void AskRound(Draft d, Inquiry inquiry)
    {
        var s = d.State = d.State with { Inquiry = inquiry, InquiryRounds = inquiry.Round };
        d.SendToSource(new InspectMigratingVm { OperationId = s.OperationId, Step = inquiry.Step, HostId = s.SourceHostId, VmId = s.VmId, Epoch = s.Epoch });
        d.SendToDestination(new InspectMigratingVm { OperationId = s.OperationId, Step = inquiry.Step, HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch });
        var backoff = d.Timings.RetryDelay * Math.Pow(2, Math.Min(inquiry.Asked - 1, 10));
        d.Arm(backoff < d.Timings.InquiryBackoffLimit ? backoff : d.Timings.InquiryBackoffLimit);
    }

    static Decision OnInspected(Draft d, MigratingVmInspected m)
    {
        var s = d.State;
        if (s.Inquiry is not { } open || m.Step != open.Step)
        {
            return Ignore(s, "the answer is of an earlier round");
        }

        open = m.HostId == s.SourceHostId ? open with { Source = m } : open with { Destination = m };
        d.State = s with { Inquiry = open };
        return open is { Source: { } source, Destination: { } destination } ? Resolve(d, source, destination, open.Asked) : d.Done();
    }

    static bool IsLive(MigratingVmInspected i) =>
        i.Exists && i.State is VmState.Running or VmState.Paused or VmState.Suspended or VmState.ShuttingDown or VmState.Unknown;

    /// <summary>Both hosts have answered in one round: where is the VM?</summary>
    static Decision Resolve(Draft d, MigratingVmInspected source, MigratingVmInspected destination, int asked)
    {
        var work = d.State.WorkPhase;
        if (source.TransferRunning)
        {
            return work is MigrationPhase.Transferring or MigrationPhase.Cancelling ? ContinueTransfer(d) : Wait(d);
        }

        switch (IsLive(source), IsLive(destination))
        {
            case (false, true):
                // A paused copy with an active job is an incoming migration that has not been switched over yet.
                return destination.TransferRunning ? Wait(d) : GoForward(d);

            case (true, false) when work == MigrationPhase.Transferring && d.State.Transfer is null:
                // The command or its answer was lost. The journal of the source knows which: it starts the transfer or repeats its end.
                return ContinueTransfer(d);

            case (true, false):
                return work == MigrationPhase.Confirming ? Wait(d) : RollBack(d, d.State.Error);

            case (true, true):
                // An incoming copy may outlive a failed transfer for a moment; if it stays, the destination is asked to remove it (it refuses if the copy runs).
                var leftover = source.State == VmState.Running && destination.State == VmState.Paused && asked >= RoundsToBelieve;
                return leftover && work is not (MigrationPhase.Finishing or MigrationPhase.Confirming) ? RollBack(d, d.State.Error) : Wait(d);

            case (false, false):
                return asked < RoundsToBelieve ? Wait(d) : EndStopped(d, source, destination);
        }
    }

    /// <summary>The picture is not settled: the timer asks again.</summary>
    static Decision Wait(Draft d) => d.Done();

    static Decision ContinueTransfer(Draft d)
    {
        var s = d.State;
        d.State = s with { Inquiry = null };
        if (s.Phase == MigrationPhase.InDoubt)
        {
            var left = s.StepDeadline > d.Now ? s.StepDeadline - d.Now : TimeSpan.Zero;
            d.Enter(s.PhaseBeforeDoubt, "the hosts answer again", deadline: s.PhaseBeforeDoubt == MigrationPhase.Transferring ? TransferTimeLeft(d, left) : null);
        }

        if (d.State is { CancelRequested: true, Phase: MigrationPhase.Transferring })
        {
            return StopTransfer(d, "cancelled", null);
        }

        IssueStep(d);
        return d.Done();
    }

    static TimeSpan TransferTimeLeft(Draft d, TimeSpan left) => left > d.Timings.TransferGrace ? left : d.Timings.TransferGrace;

    /// <summary>The guest runs nowhere any more, for a reason of its own (it shut down, or it crashed with its host).</summary>
    static Decision EndStopped(Draft d, MigratingVmInspected source, MigratingVmInspected destination)
    {
        var s = d.State;
        if (!destination.Exists)
        {
            // Nobody rolls back any more: what was prepared for the VM there must not stay.
            d.SendToDestination(new CleanUpMigrationDestination { OperationId = s.OperationId, Step = "clean-up-after-end", HostId = s.DestinationHostId, VmId = s.VmId, Epoch = s.Epoch });
        }

        return EndFailed(d, new ErrorInfo
        {
            Kind = ErrorKind.InvalidState,
            Code = source.Exists || destination.Exists ? "vm-stopped-during-migration" : "vm-on-neither-host",
            Message = $"VM '{s.VmName}' stopped running during its migration: source {Describe(source)}, destination {Describe(destination)}.",
            Where = source.Exists ? $"source host {s.SourceHostId}" : $"destination host {s.DestinationHostId}",
            Advice = source.Exists || destination.Exists
                ? "Start it on the host that has its definition."
                : "Its disks are untouched; define it again from its history (GET /v1/vms/{id}/history) and look into both hosts' logs.",
            Cause = s.Error,
        });
    }
}
