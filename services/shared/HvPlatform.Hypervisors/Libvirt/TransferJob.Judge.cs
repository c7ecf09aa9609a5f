using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>How a transfer ended, told from what the call said and what the domain shows.</summary>
internal sealed partial class TransferJob
{
    async Task<TransferResult> JudgeAsync(LibvirtSession session, DomainHandle domain, ErrorInfo? error, bool attached)
    {
        if (!attached && error is null)
        {
            return cold ? Ended(VmTransferOutcome.Completed, null) : await CompletedAsync();
        }

        if (session.Lost)
        {
            return Ended(VmTransferOutcome.Indeterminate, error ?? ConnectionLost(session));
        }

        if (attached)
        {
            return await JudgeAttachedAsync(session, domain);
        }

        if (cold)
        {
            return Ended(NeverBegan(error!) ? VmTransferOutcome.Failed : VmTransferOutcome.Indeterminate, error);
        }

        var (state, reason, active, gone) = await connector.RunAsync(_ => StateNow(session, domain), CancellationToken.None);
        if (gone)
        {
            return Ended(VmTransferOutcome.Indeterminate, error);
        }

        if (state == VirConst.StateShutoff && reason == VirConst.ShutoffMigrated)
        {
            return await CompletedAsync();
        }

        if (DomainState.IsPostCopy(state, reason))
        {
            return Ended(VmTransferOutcome.Indeterminate, PostCopyBroken(session, error));
        }

        if (active || !DomainState.IsActive(state) || (state == VirConst.StatePaused && reason is VirConst.PausedMigration))
        {
            // A domain that is off did not begin: libvirt said so before any job. Anything else here is for both hosts to answer.
            var neverBegan = error is { NativeCode: VirConst.ErrOperationInvalid } && !active && state == VirConst.StateShutoff && progress.Last is null;
            return Ended(neverBegan ? VmTransferOutcome.Failed : VmTransferOutcome.Indeterminate, error ?? Unclear(session));
        }

        if (ladderEnded)
        {
            return Ended(VmTransferOutcome.Failed, LadderEnded(session, error));
        }

        if (timedOut)
        {
            return Ended(VmTransferOutcome.Failed, LibvirtErrors.Own(
                ErrorKind.Timeout, "transfer-timeout", $"The transfer did not end within {request.Policy.TimeoutSeconds} s.", session.Where,
                "Raise the bandwidth, allow auto-converge, or give it more time.", error).Error);
        }

        if (abortAsked || error is { NativeCode: VirConst.ErrOperationAborted })
        {
            return Ended(VmTransferOutcome.Aborted, Stopped(session, error));
        }

        return Ended(VmTransferOutcome.Failed, error);
    }

    /// <summary>The end of a job that another process began: no call returns its result, so the domain itself has to show it.</summary>
    async Task<TransferResult> JudgeAttachedAsync(LibvirtSession session, DomainHandle domain)
    {
        for (var look = 0; look < AttachedLooks && !migratedAway.Task.IsCompleted; look++)
        {
            var (state, reason, active, gone) = await connector.RunAsync(_ => StateNow(session, domain), CancellationToken.None);
            if (gone)
            {
                // The event of the move comes with the domain's end; a domain that went without it was destroyed by someone.
                await Task.WhenAny(migratedAway.Task, Task.Delay(TimeSpan.FromMilliseconds(EventWaitMs), time));
                break;
            }

            if (state == VirConst.StateShutoff && reason == VirConst.ShutoffMigrated)
            {
                return await CompletedAsync();
            }

            if (IsBrokenPostCopy((state, reason)))
            {
                return Ended(VmTransferOutcome.Indeterminate, PostCopyBroken(session, null));
            }

            if (!active && (state is VirConst.StateRunning or VirConst.StateBlocked || (state == VirConst.StatePaused && reason is not (VirConst.PausedMigration or VirConst.PausedPostCopy))))
            {
                return ladderEnded
                    ? Ended(VmTransferOutcome.Failed, LadderEnded(session, null))
                    : abortAsked
                    ? Ended(VmTransferOutcome.Aborted, Stopped(session, null))
                    : Ended(VmTransferOutcome.Failed, LibvirtErrors.Own(
                        ErrorKind.Transient, "transfer-ended", "The transfer ended while nobody waited for its result; the VM stayed.", session.Where, "Try again.").Error);
            }

            // Still paused for the switch-over, or off and not yet forgotten: libvirt is about to decide.
            await Task.WhenAny(migratedAway.Task, Task.Delay(TimeSpan.FromMilliseconds(SteadyPollMs), time));
        }

        return migratedAway.Task.IsCompleted ? await CompletedAsync() : Ended(VmTransferOutcome.Indeterminate, Unclear(session));
    }

    async Task<TransferResult> CompletedAsync()
    {
        // The figures come as an event that libvirtd sends just before or after the call's answer.
        await Task.WhenAny(figures.Task, Task.Delay(TimeSpan.FromMilliseconds(FiguresWaitMs), time));
        if (!figures.Task.IsCompletedSuccessfully)
        {
            return Ended(VmTransferOutcome.Completed, null);
        }

        var f = await figures.Task;
        if (progress.End(f) is { } last)
        {
            Tell(last);
        }

        return new TransferResult(
            VmTransferOutcome.Completed,
            progress.Last?.TransferredBytes ?? f.Number("data_processed") ?? f.Number("memory_processed"),
            f.Number("downtime"),
            f.Number("time_elapsed"),
            (int?)f.Number("memory_iteration") ?? progress.Last?.Round,
            null);
    }

    TransferResult Ended(VmTransferOutcome outcome, ErrorInfo? error) =>
        new(outcome, progress.Last?.TransferredBytes, null, progress.Last?.ElapsedMs, progress.Last?.Round, error);

    static ErrorInfo Stopped(LibvirtSession session, ErrorInfo? cause) => LibvirtErrors.Own(
        ErrorKind.Cancelled, "aborted", "The transfer was stopped on request; the VM stayed on the source.", session.Where, cause: cause).Error;

    static ErrorInfo ConnectionLost(LibvirtSession session) =>
        LibvirtErrors.Own(ErrorKind.Transient, "connection-lost", "The connection to the source's libvirtd was lost.", session.Where, "Ask both hosts.").Error;

    static ErrorInfo Unclear(LibvirtSession session) =>
        LibvirtErrors.Own(ErrorKind.Fatal, "transfer-unclear", "The source cannot tell how the transfer ended.", session.Where, "Ask both hosts.").Error;

    static ErrorInfo LadderEnded(LibvirtSession session, ErrorInfo? cause) => LibvirtErrors.Own(
        ErrorKind.Timeout, "not-converging", "The transfer did not end before the last rung of its ladder, which is to give up; the VM stayed on the source.", session.Where,
        "Raise the bandwidth or the downtime limit, or put Suspend or PostCopy into the ladder.", cause).Error;

    static ErrorInfo PostCopyBroken(LibvirtSession session, ErrorInfo? cause) => LibvirtErrors.Own(
        ErrorKind.Fatal, "post-copy-failed", "The transfer broke off after the VM had switched over: part of its memory is on the source still, the rest on the destination. Neither side alone is the VM.",
        session.Where, "Mend the link between the hosts and ask for the transfer again: it goes on where it was. Turn neither side off.", cause).Error;

    /// <summary>A cold move whose error is of the kind that comes before the destination stores anything.</summary>
    static bool NeverBegan(ErrorInfo error) =>
        error.Kind is ErrorKind.Validation or ErrorKind.Unsupported or ErrorKind.Conflict or ErrorKind.Denied or ErrorKind.InvalidState || error.Code == "host-unreachable";
}
