using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Forecasting;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>How a transfer ends, by itself and by faults.</summary>
sealed partial class SimulatedTransfer
{
    /// <summary>One side is no longer there.</summary>
    public void BreakLocked(SimulatedHost lost)
    {
        var error = lost == Source
            ? SimulatedErrors.ConnectionLost(Source)
            : SimulatedErrors.Make(Source, ErrorKind.Transient, "transfer-broken", $"Unable to write to socket: {Destination.Name} is gone.", "simulated:9/38", "The VM runs on at the source; try again when the destination is back.");
        EndLocked(lost == Source ? VmTransferOutcome.Indeterminate : VmTransferOutcome.Failed, error);
    }

    /// <summary>The VM was turned off, or taken away, under the transfer.</summary>
    public void FailLocked(ErrorInfo error) => EndLocked(VmTransferOutcome.Failed, error);

    /// <summary>What has not gone wrong yet will not.</summary>
    public void ForgetFaultLocked() => _fault = null;

    bool ApplyFaultLocked()
    {
        if (_fault is not { } fault || fault.Kind is SimulatedTransferFaultKind.AnswerLost or SimulatedTransferFaultKind.SourcePowerLossAfterSwitchOver)
        {
            return _frozen;
        }

        var reached = fault.Kind == SimulatedTransferFaultKind.SourceDaemonLossInSwitchOver
            ? _state.Stage != PreCopyStage.Copying
            : _percent >= fault.AtPercent || (_setupLeftMs <= 0 && AllMoved);
        if (!reached)
        {
            return _frozen;
        }

        _fault = null;
        switch (fault.Kind)
        {
            case SimulatedTransferFaultKind.JobFails:
                EndLocked(VmTransferOutcome.Failed, SimulatedErrors.Make(Source, ErrorKind.Transient, "transfer-failed", $"operation failed: migration of {Vm.Info.Name} failed (injected).", "simulated:9", "Try again."));
                break;
            case SimulatedTransferFaultKind.LinkCut:
                _frozen = true;
                LinkCutLocked();
                break;
            case SimulatedTransferFaultKind.SourcePowerLoss:
                Source.PowerLoss();
                break;
            case SimulatedTransferFaultKind.SourceDaemonLossInSwitchOver:
                ParkLocked();
                break;
            default:
                Destination.PowerLoss();
                break;
        }

        return true;
    }

    /// <summary>The one instant in which the VM's home changes hosts.</summary>
    void ArriveLocked()
    {
        var id = Vm.Info.Id;
        if (_switched)
        {
            var there = Destination.Vms[id];
            there.PostCopy = false;
            there.Info = there.Info with { Persistent = true, Epoch = Math.Max(there.Info.Epoch, Vm.Info.Epoch) };
            Destination.Emit(id, gone: false, "lifecycle:resumed/migrated");
        }
        else
        {
            Destination.Vms[id] = new SimulatedVm(Vm.Info with { Persistent = true }, Vm.Guest) { StartedTimestamp = Vm.StartedTimestamp, Belongings = Vm.Belongings };
            Destination.SetStateLocked(Destination.Vms[id], _resumeAs, _cold ? "lifecycle:defined/migrated" : "lifecycle:resumed/migrated");
        }

        var result = Result(VmTransferOutcome.Completed, null);
        if (_fault is { Kind: SimulatedTransferFaultKind.AnswerLost or SimulatedTransferFaultKind.SourcePowerLossAfterSwitchOver })
        {
            Vm.Left = true;
            Vm.Outgoing = null;
            Vm.ForgetMigration();
            Source.SetStateLocked(Vm, _cold ? Vm.Info.State : VmState.Paused, "lifecycle:suspended/postmigrate");
            result = result with { Outcome = VmTransferOutcome.Indeterminate, Error = SimulatedErrors.ConnectionLost(Source) };
        }
        else
        {
            Source.Vms.Remove(id);
            Source.Emit(id, gone: true, "lifecycle:undefined/migrated");
        }

        CloseLocked(result);
        if (_fault?.Kind == SimulatedTransferFaultKind.SourcePowerLossAfterSwitchOver)
        {
            Source.PowerLoss();
        }
    }

    void EndLocked(VmTransferOutcome outcome, ErrorInfo error)
    {
        if (_result is not null)
        {
            return;
        }

        if (_switched)
        {
            BreakPostCopyLocked(error);
            return;
        }

        RemoveIncomingLocked();
        var resumes = PausesGuest && Source.PoweredOn && Vm.Info.State == VmState.Paused && _resumeAs == VmState.Running;
        Vm.Outgoing = null;
        if (resumes)
        {
            Source.SetStateLocked(Vm, VmState.Running, "lifecycle:resumed/migration-failed");
        }

        CloseLocked(Result(outcome, error));
    }

    /// <summary>The daemon that would have resumed the guest is dead, and the one that takes its place knows nothing of the job.</summary>
    void ParkLocked()
    {
        RemoveIncomingLocked();
        Vm.Outgoing = null;
        Vm.Parked = Vm.Info.State == VmState.Paused;
        CloseLocked(Result(VmTransferOutcome.Indeterminate, SimulatedErrors.ConnectionLost(Source)));
        Source.LoseConnectionsLocked(SimulatedErrors.ConnectionLost(Source));
    }

    void RemoveIncomingLocked()
    {
        var id = Vm.Info.Id;
        if (Destination.Vms.TryGetValue(id, out var there) && there.Incoming)
        {
            Destination.Vms.Remove(id);
            Destination.Emit(id, gone: true, "lifecycle:stopped/failed");
        }
    }

    TransferResult Result(VmTransferOutcome outcome, ErrorInfo? error)
    {
        var completed = outcome == VmTransferOutcome.Completed;
        return new TransferResult(
            outcome,
            (long)(DiskBytes - _diskLeftBytes + (_state.SentPages * PreCopyModel.PageBytes)),
            completed && !_cold ? (long)Math.Ceiling(_state.DowntimeMs + _suspendedMs) : null,
            (long)Math.Ceiling(_otherMs + _state.ElapsedMs),
            _cold ? null : _state.Round,
            error);
    }

    void CloseLocked(TransferResult result)
    {
        Source.Transfers.Remove(this);
        Destination.Transfers.Remove(this);
        _result = result;
        _waiting.ForEach(w => w.TrySetResult(result));
        _timer.Dispose();
    }
}
