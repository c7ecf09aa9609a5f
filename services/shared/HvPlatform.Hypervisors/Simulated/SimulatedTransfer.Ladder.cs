using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Forecasting;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>
/// The ladder, and post-copy: the guest runs on the destination and fetches what is left of its memory. From there is no way back: an abort does nothing, and a link that
/// is cut stops the guest on both sides until the transfer is asked for again.
/// </summary>
sealed partial class SimulatedTransfer
{
    const string PostCopyFacet = "migration-postcopy";

    int _rung;
    bool _suspended;
    bool _switched;
    double _suspendedMs;
    double _leftPages;

    /// <summary>Takes up a post-copy that broke off. The error says why it cannot be.</summary>
    public static ErrorInfo? ResumeLocked(SimulatedVm vm, TransferRequest request, out SimulatedTransfer? resumed)
    {
        var broken = vm.Resumable!;
        resumed = null;
        if (!broken.Destination.PoweredOn || broken._fleet.IsCutLocked(broken.Source, broken.Destination))
        {
            return SimulatedErrors.Unreachable(broken.Destination) with { Code = "post-copy-failed" };
        }

        if (broken.Destination.Vms.GetValueOrDefault(vm.Info.Id) is not { PostCopy: true } there)
        {
            return SimulatedErrors.Make(
                broken.Source, ErrorKind.InvalidState, "post-copy-lost", $"{broken.Destination.Name} has lost {vm.Info.Name}, and what it wrote since the switch-over.", advice: "Turn the VM off on this host and start it anew.");
        }

        resumed = new SimulatedTransfer(broken._fleet, broken.Source, vm, broken.Destination, request)
        {
            _state = broken._state,
            _switched = true,
            _leftPages = broken._leftPages,
            _suspendedMs = broken._suspendedMs,
            _otherMs = broken._otherMs,
            _clockMs = broken._clockMs,
            _percent = broken._percent,
            _resumeAs = broken._resumeAs,
            _diskLeftBytes = 0,
            _rung = request.Policy.Ladder.Count,
        };
        vm.Resumable = null;
        resumed.OpenLocked();
        resumed.Destination.SetStateLocked(there, resumed._resumeAs, "lifecycle:resumed/post-copy");
        return null;
    }

    /// <summary>The network between the two hosts is gone.</summary>
    public void LinkCutLocked()
    {
        if (_switched)
        {
            BreakPostCopyLocked(SimulatedErrors.Make(Source, ErrorKind.Transient, "transfer-broken", $"Unable to read from socket: {Destination.Name} does not answer.", "simulated:9/38"));
        }
    }

    void ClimbLocked()
    {
        if (_cold || _switched || _state.Stage != PreCopyStage.Copying)
        {
            return;
        }

        var ladder = _request.Policy.Ladder;
        for (; _result is null && !_switched && _rung < ladder.Count && ladder[_rung].AfterSeconds * 1000.0 <= _clockMs; _rung++)
        {
            var step = ladder[_rung];
            switch (step.Action)
            {
                case ConvergenceAction.RaiseDowntime:
                    _maxDowntimeMs = step.MaxDowntimeMs ?? _maxDowntimeMs;
                    break;
                case ConvergenceAction.PostCopy when _setupLeftMs > 0 || _diskLeftBytes > 0:
                    // Not before memory moves: it stays due.
                    return;
                case ConvergenceAction.PostCopy when Source.Options.Facets.Contains(PostCopyFacet) && Destination.Options.Facets.Contains(PostCopyFacet):
                    SwitchLocked();
                    break;
                case ConvergenceAction.Suspend when Vm.Info.State == VmState.Running:
                    _suspended = true;
                    Source.SetStateLocked(Vm, VmState.Paused, "lifecycle:suspended/migrating");
                    break;
                case ConvergenceAction.Abort:
                    EndLocked(VmTransferOutcome.Failed, SimulatedErrors.Make(
                        Source, ErrorKind.Timeout, "not-converging", "The transfer did not end before the last rung of its ladder, which is to give up; the VM stayed on the source.", advice: "Raise the bandwidth or the downtime limit, or put Suspend or PostCopy into the ladder."));
                    break;
                default:
                    break;
            }
        }
    }

    void SwitchLocked()
    {
        _switched = true;
        _leftPages = _state.RemainingPages(Guest);
        _state = _state with { DowntimeMs = PreCopyModel.SwitchOverMs };
        (Vm.PostCopy, Vm.Switched) = (true, true);
        Source.SetStateLocked(Vm, VmState.Paused, "lifecycle:suspended/post-copy");
        (_incoming.Incoming, _incoming.PostCopy) = (false, true);
        _incoming.Info = Vm.Info with { Persistent = false };
        _incoming.StartedTimestamp = Vm.StartedTimestamp;
        Destination.SetStateLocked(_incoming, _resumeAs, "lifecycle:resumed/post-copy");
    }

    void FetchLocked(PreCopyLimits limits, double ms)
    {
        var took = Math.Min(ms, _leftPages * PreCopyModel.PageBytes / limits.BytesPerSecond * 1000);
        var pages = took < ms ? _leftPages : Math.Min(_leftPages, limits.BytesPerSecond / PreCopyModel.PageBytes * took / 1000);
        _leftPages -= pages;
        _state = _state with { SentPages = _state.SentPages + pages };
        _otherMs += took;
    }

    void BreakPostCopyLocked(ErrorInfo cause)
    {
        if (_result is not null)
        {
            return;
        }

        if (Destination.Vms.GetValueOrDefault(Vm.Info.Id) is { PostCopy: true, Info.State: VmState.Running } there)
        {
            Destination.SetStateLocked(there, VmState.Paused, "lifecycle:suspended/post-copy-failed");
        }

        (Vm.Outgoing, Vm.Resumable) = (null, this);
        CloseLocked(Result(VmTransferOutcome.Indeterminate, SimulatedErrors.Make(
            Source,
            ErrorKind.Fatal,
            "post-copy-failed",
            "The transfer broke off after the VM had switched over: part of its memory is on the source still, the rest on the destination. Neither side alone is the VM.",
            advice: "Mend the link between the hosts and ask for the transfer again: it goes on where it was. Turn neither side off.") with
        { Cause = cause }));
    }
}
