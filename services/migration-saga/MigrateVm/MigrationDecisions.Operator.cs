using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

// A person ends a doubt, because a host will not answer for a long time or never. It is that person's word, and is told as such.
public static partial class MigrationDecisions
{
    static Decision OnResolve(Draft d, ResolveMigrationRequested m)
    {
        var s = d.State;
        if (s is not { Phase: MigrationPhase.InDoubt, Inquiry: { } open })
        {
            return RefuseResolve(d, m, $"The migration is in phase {s.Phase}, not in doubt.", "Wait: it goes on by itself, and becomes InDoubt if a host does not answer.");
        }

        var source = Fresh(d, open.LastSource);
        var destination = Fresh(d, open.LastDestination);
        if (Contradiction(s, m.Resolution, source, destination) is { } why)
        {
            return RefuseResolve(d, m, why, "Make it true on the hosts first (stop or remove the copy that must not be); the migration then goes on by itself, or take the assertion that is true.");
        }

        d.Publish(new MigrationResolvedByOperator { OperationId = s.OperationId, VmId = s.VmId, Resolution = m.Resolution, Unknown = s.Unknown ?? "", Trail = m.Trail, At = d.Now });
        d.State = s with { Inquiry = null, Resolution = m.Resolution, ResolvedBy = m.Trail.RequestedBy, Attempt = s.Attempt + 1 };
        switch (m.Resolution)
        {
            case MigrationResolution.OnSource:
                return ResolvedOnSource(d, waitForSource: source is not null);
            case MigrationResolution.OnDestination:
                SendConfirm(d);
                return EndCompleted(d);
            default:
                SendAbort(d);
                return EndFailed(d, new ErrorInfo
                {
                    Kind = ErrorKind.InvalidState,
                    Code = OnNeitherHost,
                    Message = $"{m.Trail.RequestedBy} asserted that VM '{s.VmName}' runs on neither host. Not known was: {s.Unknown}",
                    Advice = "When the hosts are back, start the VM on the one that has its definition, or define it again from its history (GET /v1/vms/{id}/history).",
                    Cause = s.Error,
                });
        }
    }

    /// <summary>Nobody waits for the silent; but a source that answers says itself that it took the VM back.</summary>
    static Decision ResolvedOnSource(Draft d, bool waitForSource)
    {
        SendAbort(d);
        SendCleanUp(d);
        if (!waitForSource)
        {
            SendRestore(d);
            return EndRolledBack(d);
        }

        d.State = d.State with { DestinationClean = true, Restored = false, FailWith = null };
        d.Enter(MigrationPhase.RollingBack, $"{d.State.ResolvedBy} asserts that the VM is on the source");
        return IssueStepNow(d);
    }

    static MigratingVmInspected? Fresh(Draft d, Seen? seen) => seen is not null && d.Now - seen.At <= 2 * d.Timings.InquiryBackoffLimit ? seen.Answer : null;

    static string? Contradiction(Migration s, MigrationResolution resolution, MigratingVmInspected? source, MigratingVmInspected? destination)
    {
        var runsOnSource = source is { Exists: true, State: VmState.Running };
        var runsOnDestination = destination is { Exists: true, State: VmState.Running };
        string Runs(HostId host) => $"Host {host} answers that VM '{s.VmName}' runs there.";
        string Lacks(HostId host) => $"Host {host} answers that it does not have VM '{s.VmName}'.";
        return resolution switch
        {
            MigrationResolution.OnSource when runsOnDestination => Runs(s.DestinationHostId),
            MigrationResolution.OnSource when source is { Exists: false } => Lacks(s.SourceHostId),
            MigrationResolution.OnSource when s.PostCopy => $"VM '{s.VmName}' has begun to run on host {s.DestinationHostId} (post-copy): what is on the source is not the whole VM.",
            MigrationResolution.OnDestination when runsOnSource => Runs(s.SourceHostId),
            MigrationResolution.OnDestination when destination is { Exists: false } => Lacks(s.DestinationHostId),
            MigrationResolution.OnNeither when runsOnSource => Runs(s.SourceHostId),
            MigrationResolution.OnNeither when runsOnDestination => Runs(s.DestinationHostId),
            MigrationResolution.OnSource or MigrationResolution.OnDestination or MigrationResolution.OnNeither => null,
            _ => "The assertion is not known to this build.",
        };
    }

    static Decision RefuseResolve(Draft d, ResolveMigrationRequested m, string why, string advice)
    {
        d.Publish(new MigrationResolveRejected
        {
            OperationId = m.OperationId,
            VmId = d.State.VmId,
            At = d.Now,
            Error = new ErrorInfo { Kind = ErrorKind.InvalidState, Code = d.State.Phase == MigrationPhase.InDoubt ? "resolution-contradicted" : "not-in-doubt", Message = $"{m.Resolution} was not accepted. {why}", Advice = advice },
        });
        return d.Done();
    }
}
