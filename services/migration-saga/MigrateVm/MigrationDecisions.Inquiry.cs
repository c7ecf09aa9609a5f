using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// Asking both hosts what is true, for as long as it takes.
public static partial class MigrationDecisions
{
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
        if (d.Now - open.Since >= d.Timings.InDoubtAfter)
        {
            SayWhatIsUnknown(d, open);
        }

        AskRound(d, open with { Round = d.State.InquiryRounds + 1, Asked = open.Asked + 1, Source = null, Destination = null });
        return d.Done();
    }

    /// <summary>Enters the doubt, or, within it, tells when something else is unknown than was said.</summary>
    static void SayWhatIsUnknown(Draft d, Inquiry open)
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
            : Unsettled(s, open.Source!, open.Destination!);
        if (s.Phase == MigrationPhase.InDoubt && unknown == s.Unknown)
        {
            return;
        }

        d.State = s with { Unknown = unknown };
        d.Publish(new MigrationInDoubt { OperationId = s.OperationId, VmId = s.VmId, UnansweredHostIds = unanswered, Since = open.Since, Unknown = unknown });
        if (s.Phase != MigrationPhase.InDoubt)
        {
            d.State = d.State with { PhaseBeforeDoubt = s.Phase };
            d.Enter(MigrationPhase.InDoubt, unknown, s.Error);
        }
    }

    static string Unsettled(Migration s, MigratingVmInspected source, MigratingVmInspected destination)
    {
        if (source is { Exists: true, State: VmState.Running } && destination is { Exists: true, State: VmState.Running })
        {
            return $"VM '{s.VmName}' RUNS TWICE, on host {s.SourceHostId} and on host {s.DestinationHostId}: two copies may write to the same disks. Stop the wrong one on its host at once; the migration then goes on by itself.";
        }

        if (s.PostCopy)
        {
            return $"VM '{s.VmName}' has begun to run on host {s.DestinationHostId} while part of its memory was still on host {s.SourceHostId} (post-copy), and that did not end: "
                + $"source {Describe(source)}, destination {Describe(destination)}. Neither copy is the whole VM. Mend the link between the hosts so that it can end; if it cannot, reset the VM there and resolve the migration by hand.";
        }

        return s.RanOnDestination && source.PausedByMigration && !destination.Exists
            ? $"VM '{s.VmName}' has run on host {s.DestinationHostId}, which does not have it any more; the copy paused on host {s.SourceHostId} is older than its disks and must not be resumed. Turn it off there, then resolve the migration by hand."
            : $"Both hosts answer, but not in a way that settles it for VM '{s.VmName}': source {Describe(source)}, destination {Describe(destination)}.";
    }

    static string Describe(MigratingVmInspected i)
    {
        if (!i.Exists)
        {
            return "does not have it";
        }

        var why = i.PostCopy ? ", part of its memory is on the other host" : i.Incoming ? ", it has not arrived" : i.PausedByMigration ? ", paused by the migration" : "";
        return $"has it {i.State}{why}{(i.TransferRunning ? ", a migration job is active" : "")}";
    }

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
            return Ignore(s, EarlierStep, "the answer is of an earlier round");
        }

        if (m.HostId != s.SourceHostId && m.HostId != s.DestinationHostId)
        {
            return Ignore(s, NoInput, $"host {m.HostId} has no part in this migration");
        }

        var seen = new Seen(m, d.Now);
        var known = m.HostId == s.SourceHostId ? open.Source : open.Destination;
        if (known is not null)
        {
            // Answered already in this round: the first picture has been decided on.
            return Ignore(s, Repeated, "the host has answered this round already");
        }

        open = m.HostId == s.SourceHostId ? open with { Source = m, LastSource = seen } : open with { Destination = m, LastDestination = seen };
        d.State = s with { Inquiry = open, PostCopy = s.PostCopy || m.PostCopy };
        return open is { Source: { } source, Destination: { } destination } ? Resolve(d, source, destination, open.Asked) : d.Done();
    }
}
