using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>
/// One running migration job. It belongs to the fleet, not to the driver call that began it: like a libvirt peer-to-peer job it goes on when
/// its agent dies: it runs in the fleet's timer, never in the caller's context. Members named Locked are called with the fleet's gate held.
/// </summary>
sealed class SimulatedTransfer
{
    const double TickMs = 100;
    const double DefaultMaxDowntimeMs = 300;
    const double MiB = 1024 * 1024;

    readonly SimulatedFleet _fleet;
    readonly SimulatedVm _vm;
    readonly SimulatedHost _source;
    readonly SimulatedHost _destination;
    readonly SimulatedVm _incoming;
    readonly MigrationPolicy _policy;
    readonly List<IProgress<MigrationProgress>> _observers = [];
    readonly Lock _reporting = new();
    readonly List<TaskCompletionSource<TransferResult?>> _waiting = [];
    readonly ITimer _timer;

    SimulatedTransferFault? _fault;
    TransferResult? _result;
    long _last;
    VmState _resumeAs;
    PreCopyState _state;
    double _setupLeftMs;
    double _percent;
    bool _frozen;
    bool _abort;

    SimulatedTransfer(SimulatedFleet fleet, SimulatedHost source, SimulatedVm vm, SimulatedHost destination, MigrationPolicy policy)
    {
        _fleet = fleet;
        _source = source;
        _vm = vm;
        _destination = destination;
        _policy = policy;
        _resumeAs = vm.Info.State;
        BandwidthMiBps = policy.BandwidthMiBps;
        _setupLeftMs = Math.Max(source.Options.TransferSetupMs, destination.Options.TransferSetupMs);
        _state = PreCopyModel.Begin(Guest);
        _fault = source.TakeTransferFaultLocked(vm.Info.Id);
        _incoming = new SimulatedVm(vm.Info with { State = VmState.Paused, StateReason = "incoming migration", Persistent = false }, vm.Guest) { Incoming = true };
        _last = fleet.Time.GetTimestamp();
        _timer = fleet.Time.CreateTimer(_ => Tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int? BandwidthMiBps { get; set; }

    /// <summary>While the guest's memory is copied it may still be paused and resumed; during the switch-over it may not.</summary>
    public bool GuestMayChange => _state.Stage == PreCopyStage.Copying;

    PreCopyGuest Guest => _vm.Guest.ToModel(_vm.Info.MemoryMiB, _vm.Info.State == VmState.Running);

    PreCopyLimits Limits
    {
        get
        {
            var share = Math.Min(Share(_source), Share(_destination));
            var cap = Math.Min(BandwidthMiBps ?? double.MaxValue, share);
            return new PreCopyLimits(Math.Max(cap, 1) * MiB, _policy.MaxDowntimeMs ?? DefaultMaxDowntimeMs, _policy.AutoConverge);
        }
    }

    static double Share(SimulatedHost host) => (double)host.Options.BandwidthMiBps / Math.Max(1, host.Transfers.Count);

    public static SimulatedTransfer BeginLocked(SimulatedFleet fleet, SimulatedHost source, SimulatedVm vm, SimulatedHost destination, MigrationPolicy policy)
    {
        var transfer = new SimulatedTransfer(fleet, source, vm, destination, policy);
        vm.Outgoing = transfer;
        destination.Prepared.Remove(vm.Info.Id);
        destination.Vms.Add(vm.Info.Id, transfer._incoming);
        source.Transfers.Add(transfer);
        destination.Transfers.Add(transfer);
        destination.Emit(vm.Info.Id, gone: false, "lifecycle:started/incoming-migration");
        transfer.Wake(TimeSpan.Zero);
        return transfer;
    }

    public void ObserveLocked(IProgress<MigrationProgress> observer) => _observers.Add(observer);

    public void AbortLocked()
    {
        _abort = true;
        Wake(TimeSpan.Zero);
    }

    /// <summary>Its result, or null if the connection is lost first.</summary>
    public async Task<TransferResult?> EndAsync(CancellationToken lost)
    {
        // One of its own for each who waits: it runs on in its own context, and never within the gate.
        var waiting = new TaskCompletionSource<TransferResult?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_fleet.Gate)
        {
            if (_result is { } result)
            {
                return result;
            }

            _waiting.Add(waiting);
        }

        using var losing = lost.UnsafeRegister(_ => waiting.TrySetResult(null), null);
        return await waiting.Task;
    }

    /// <summary>Tells every observer where the transfer stands, in order.</summary>
    public void Report()
    {
        lock (_reporting)
        {
            MigrationProgress progress;
            IProgress<MigrationProgress>[] observers;
            lock (_fleet.Gate)
            {
                (progress, observers) = (ProgressLocked(), [.. _observers]);
            }

            foreach (var o in observers)
            {
                o.Report(progress);
            }
        }
    }

    /// <summary>One side is no longer there.</summary>
    public void BreakLocked(SimulatedHost lost)
    {
        var error = lost == _source
            ? SimulatedErrors.ConnectionLost(_source)
            : SimulatedErrors.Make(_source, ErrorKind.Transient, "transfer-broken", $"Unable to write to socket: {_destination.Name} is gone.", "simulated:9/38", "The VM runs on at the source; try again when the destination is back.");
        EndLocked(lost == _source ? VmTransferOutcome.Indeterminate : VmTransferOutcome.Failed, error);
    }

    /// <summary>The VM was turned off, or taken away, under the transfer.</summary>
    public void FailLocked(ErrorInfo error) => EndLocked(VmTransferOutcome.Failed, error);

    void Tick()
    {
        lock (_fleet.Gate)
        {
            var now = _fleet.Time.GetTimestamp();
            AdvanceLocked(_fleet.Time.GetElapsedTime(_last, now).TotalMilliseconds);
            _last = now;
            if (_result is not null)
            {
                return;
            }

            // At least 1 ms: timers are no finer, and the model splits a step at its events anyway.
            var waitMs = _setupLeftMs > 0 ? _setupLeftMs : _frozen ? TickMs : Math.Min(TickMs, PreCopyModel.MsToNextEvent(_state, Limits));
            Wake(TimeSpan.FromMilliseconds(Math.Max(1, waitMs)));
        }

        Report();
    }

    void Wake(TimeSpan after)
    {
        if (_result is null)
        {
            _timer.Change(after, Timeout.InfiniteTimeSpan);
        }
    }

    void AdvanceLocked(double ms)
    {
        if (_result is not null)
        {
            return;
        }

        if (_abort)
        {
            EndLocked(VmTransferOutcome.Aborted, SimulatedErrors.Make(_source, ErrorKind.Cancelled, "transfer-aborted", $"The transfer of {_vm.Info.Name} was aborted on request.", "simulated:78"));
            return;
        }

        var setup = Math.Min(ms, _setupLeftMs);
        _setupLeftMs -= setup;
        if (!_frozen)
        {
            var before = _state.Stage;
            if (before == PreCopyStage.Copying)
            {
                _resumeAs = _vm.Info.State;
            }

            _state = PreCopyModel.Advance(_state, Guest, Limits, ms - setup);
            _percent = Math.Max(_percent, Math.Min(99.9, 100 * (1 - (_state.RemainingPages(Guest) / Guest.MemoryPages))));
            if (before == PreCopyStage.Copying && _state.Stage == PreCopyStage.SwitchingOver && _vm.Info.State == VmState.Running)
            {
                _source.SetStateLocked(_vm, VmState.Paused, "lifecycle:suspended/migrated");
            }
        }

        if (!ApplyFaultLocked() && _state.Stage == PreCopyStage.Done)
        {
            SwitchOverLocked();
        }
    }

    bool ApplyFaultLocked()
    {
        if (_fault is not { } fault || fault.Kind >= SimulatedTransferFaultKind.AnswerLost || (_percent < fault.AtPercent && _state.Stage != PreCopyStage.Done))
        {
            return _frozen;
        }

        _fault = null;
        switch (fault.Kind)
        {
            case SimulatedTransferFaultKind.JobFails:
                EndLocked(VmTransferOutcome.Failed, SimulatedErrors.Make(_source, ErrorKind.Transient, "transfer-failed", $"operation failed: migration of {_vm.Info.Name} failed (injected).", "simulated:9", "Try again."));
                break;
            case SimulatedTransferFaultKind.LinkCut:
                _frozen = true;
                break;
            case SimulatedTransferFaultKind.SourcePowerLoss:
                _source.PowerLoss();
                break;
            default:
                _destination.PowerLoss();
                break;
        }

        return true;
    }

    /// <summary>The one instant in which the VM changes hosts.</summary>
    void SwitchOverLocked()
    {
        var id = _vm.Info.Id;
        _destination.Vms[id] = new SimulatedVm(_vm.Info with { Persistent = true }, _vm.Guest) { StartedTimestamp = _vm.StartedTimestamp };
        _destination.SetStateLocked(_destination.Vms[id], _resumeAs, "lifecycle:resumed/migrated");
        var result = new TransferResult(VmTransferOutcome.Completed, (long)(_state.SentPages * PreCopyModel.PageBytes), (long)Math.Ceiling(_state.DowntimeMs), (long)Math.Ceiling(_state.ElapsedMs), _state.Round, null);
        if (_fault?.Kind >= SimulatedTransferFaultKind.AnswerLost)
        {
            _vm.Left = true;
            _vm.Outgoing = null;
            _source.SetStateLocked(_vm, VmState.Paused, "lifecycle:suspended/postmigrate");
            result = result with { Outcome = VmTransferOutcome.Indeterminate, Error = SimulatedErrors.ConnectionLost(_source) };
        }
        else
        {
            _source.Vms.Remove(id);
            _source.Emit(id, gone: true, "lifecycle:undefined/migrated");
        }

        CloseLocked(result);
        if (_fault?.Kind == SimulatedTransferFaultKind.SourcePowerLossAfterSwitchOver)
        {
            _source.PowerLoss();
        }
    }

    void EndLocked(VmTransferOutcome outcome, ErrorInfo error)
    {
        if (_result is not null)
        {
            return;
        }

        var id = _vm.Info.Id;
        if (_destination.Vms.TryGetValue(id, out var there) && there.Incoming)
        {
            _destination.Vms.Remove(id);
            _destination.Emit(id, gone: true, "lifecycle:stopped/failed");
        }

        _vm.Outgoing = null;
        if (_state.Stage == PreCopyStage.SwitchingOver && _source.PoweredOn && _vm.Info.State == VmState.Paused && _resumeAs == VmState.Running)
        {
            _source.SetStateLocked(_vm, VmState.Running, "lifecycle:resumed/migration-failed");
        }

        CloseLocked(new TransferResult(outcome, (long)(_state.SentPages * PreCopyModel.PageBytes), null, (long)Math.Ceiling(_state.ElapsedMs), _state.Round, error));
    }

    void CloseLocked(TransferResult result)
    {
        _source.Transfers.Remove(this);
        _destination.Transfers.Remove(this);
        _result = result;
        _waiting.ForEach(w => w.TrySetResult(result));
        _timer.Dispose();
    }

    MigrationProgress ProgressLocked()
    {
        var guest = Guest;
        var remaining = (long)(_state.RemainingPages(guest) * PreCopyModel.PageBytes);
        var sent = (long)(_state.SentPages * PreCopyModel.PageBytes);
        return new MigrationProgress
        {
            Round = _state.Round,
            TotalBytes = sent + remaining,
            TransferredBytes = sent,
            RemainingBytes = remaining,
            DirtyBytesPerSecond = (long)(guest.DirtyPagesPerSecond * (100 - _state.ThrottlePercent) / 100 * PreCopyModel.PageBytes),
            BytesPerSecond = _frozen ? 0 : (long)Limits.BytesPerSecond,
            Percent = Math.Round(_percent, 1),
            ElapsedMs = (long)_state.ElapsedMs,
        };
    }
}
