using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Forecasting;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>
/// One running migration job. It belongs to the fleet, not to the driver call that began it: like a libvirt peer-to-peer job it goes on when
/// its agent dies: it runs in the fleet's timer, never in the caller's context. Disks go first, then memory by <see cref="PreCopyModel"/>; a VM that is off moves as its
/// definition. Members named Locked are called with the fleet's gate held.
/// </summary>
sealed partial class SimulatedTransfer
{
    const double TickMs = 100;
    const double MiB = 1024 * 1024;

    readonly SimulatedFleet _fleet;
    readonly SimulatedVm _incoming;
    readonly TransferRequest _request;
    readonly bool _cold;
    readonly IReadOnlyList<VmDisk> _copyDisks;
    readonly List<IProgress<MigrationProgress>> _observers = [];
    readonly Lock _reporting = new();
    readonly List<TaskCompletionSource<TransferResult?>> _waiting = [];
    readonly ITimer _timer;

    SimulatedTransferFault? _fault;
    TransferResult? _result;
    long _last;
    VmState _resumeAs;
    PreCopyState _state;
    double _maxDowntimeMs;
    double _setupLeftMs;
    double _diskLeftBytes;
    double _otherMs;
    double _clockMs;
    double _percent;
    bool _frozen;
    bool _abort;

    SimulatedTransfer(SimulatedFleet fleet, SimulatedHost source, SimulatedVm vm, SimulatedHost destination, TransferRequest request)
    {
        _fleet = fleet;
        (Source, Vm, Destination) = (source, vm, destination);
        _request = request;
        _cold = !SimulatedHost.HoldsMemory(vm.Info.State);
        _copyDisks = [.. vm.Info.Disks.Where(d => request.Source?.CopyDisks.Contains(d.Target) == true)];
        _diskLeftBytes = DiskBytes;
        _resumeAs = vm.Info.State;
        _maxDowntimeMs = request.Policy.MaxDowntimeMs ?? TransferPrediction.DefaultMaxDowntimeMs;
        BandwidthMiBps = request.Policy.BandwidthMiBps;
        _setupLeftMs = Math.Max(source.Options.TransferSetupMs, destination.Options.TransferSetupMs);
        _state = PreCopyModel.Begin(Guest);
        _fault = source.TakeTransferFaultLocked(vm.Info.Id);
        _incoming = new SimulatedVm(vm.Info with { State = VmState.Paused, StateReason = "incoming migration", Persistent = false }, vm.Guest) { Incoming = true, Belongings = vm.Belongings };
        _last = fleet.Time.GetTimestamp();
        _timer = fleet.Time.CreateTimer(_ => Tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public SimulatedHost Source { get; }

    public SimulatedHost Destination { get; }

    /// <summary>The source's copy.</summary>
    public SimulatedVm Vm { get; }

    public int? BandwidthMiBps { get; set; }

    /// <summary>While the guest's memory is copied it may still be paused and resumed; during the switch-over it may not.</summary>
    public bool GuestMayChange => !_cold && !_switched && !_suspended && _state.Stage == PreCopyStage.Copying;

    /// <summary>It has paused the guest for the sake of the migration.</summary>
    public bool PausesGuest => _suspended || _switched || _state.Stage != PreCopyStage.Copying;

    /// <summary>The files on the destination that the source fills.</summary>
    public IEnumerable<string> DisksBeingCopied => _switched ? [] : _copyDisks.Select(d => d.Source!);

    PreCopyGuest Guest => Vm.Guest.ToModel(Vm.Info.MemoryMiB, Vm.Info.State == VmState.Running);

    double DiskBytes => _copyDisks.Sum(d => d.AllocatedBytes ?? d.CapacityBytes ?? 0);

    bool Frozen => _frozen || _fleet.IsCutLocked(Source, Destination);

    PreCopyLimits Limits
    {
        get
        {
            var share = Math.Min(Share(Source), Share(Destination));
            var cap = Math.Min(BandwidthMiBps ?? double.MaxValue, share);
            return new PreCopyLimits(Math.Max(cap, 1) * MiB, _maxDowntimeMs, _request.Policy.AutoConverge);
        }
    }

    static double Share(SimulatedHost host) => (double)host.Options.BandwidthMiBps / Math.Max(1, host.Transfers.Count);

    public static SimulatedTransfer BeginLocked(SimulatedFleet fleet, SimulatedHost source, SimulatedVm vm, SimulatedHost destination, TransferRequest request)
    {
        var transfer = new SimulatedTransfer(fleet, source, vm, destination, request);
        destination.Prepared.Remove(vm.Info.Id);
        if (!transfer._cold)
        {
            destination.Vms.Add(vm.Info.Id, transfer._incoming);
            destination.Emit(vm.Info.Id, gone: false, "lifecycle:started/incoming-migration");
        }

        transfer.OpenLocked();
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

    void OpenLocked()
    {
        Vm.Outgoing = this;
        Source.Transfers.Add(this);
        Destination.Transfers.Add(this);
        Wake(TimeSpan.Zero);
    }

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
            Wake(TimeSpan.FromMilliseconds(Math.Max(1, Math.Min(TickMs, MsToNextEvent()))));
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

    double MsToNextEvent()
    {
        if (_setupLeftMs > 0 || Frozen)
        {
            return _setupLeftMs > 0 ? _setupLeftMs : TickMs;
        }

        var limits = Limits;
        return _diskLeftBytes > 0 ? _diskLeftBytes / limits.BytesPerSecond * 1000
            : _switched ? _leftPages * PreCopyModel.PageBytes / limits.BytesPerSecond * 1000
            : PreCopyModel.MsToNextEvent(_state, limits);
    }

    void AdvanceLocked(double ms)
    {
        if (_result is not null)
        {
            return;
        }

        if (_abort && !_switched)
        {
            EndLocked(VmTransferOutcome.Aborted, SimulatedErrors.Make(Source, ErrorKind.Cancelled, "transfer-aborted", $"The transfer of {Vm.Info.Name} was aborted on request.", "simulated:78"));
            return;
        }

        _clockMs += ms;
        var setup = Math.Min(ms, _setupLeftMs);
        _setupLeftMs -= setup;
        if (!Frozen && _setupLeftMs <= 0)
        {
            MoveLocked(ms - setup);
        }

        if (!ApplyFaultLocked() && _result is null)
        {
            ClimbLocked();
            if (_result is null && _setupLeftMs <= 0 && AllMoved)
            {
                ArriveLocked();
            }
        }
    }

    bool AllMoved => _cold ? !Frozen : _switched ? _leftPages <= 0 && !Frozen : _state.Stage == PreCopyStage.Done;

    void MoveLocked(double ms)
    {
        var limits = Limits;
        if (_diskLeftBytes > 0)
        {
            var diskMs = Math.Min(ms, _diskLeftBytes / limits.BytesPerSecond * 1000);
            _diskLeftBytes = diskMs < ms ? 0 : Math.Max(0, _diskLeftBytes - (limits.BytesPerSecond * diskMs / 1000));
            _otherMs += diskMs;
            ms -= diskMs;
        }

        if (_switched)
        {
            FetchLocked(limits, ms);
        }
        else if (!_cold && _diskLeftBytes <= 0)
        {
            CopyLocked(limits, ms);
        }

        var guest = Guest;
        var left = (_switched ? _leftPages : _state.RemainingPages(guest)) * PreCopyModel.PageBytes;
        _percent = _cold ? 0 : Math.Max(_percent, Math.Min(99.9, 100 * (1 - ((_diskLeftBytes + left) / (DiskBytes + (guest.MemoryPages * (double)PreCopyModel.PageBytes))))));
    }

    void CopyLocked(PreCopyLimits limits, double ms)
    {
        var before = _state.Stage;
        if (before == PreCopyStage.Copying)
        {
            _resumeAs = _suspended ? _resumeAs : Vm.Info.State;
            _suspendedMs += _suspended ? ms : 0;
        }

        _state = PreCopyModel.Advance(_state, Guest, limits, ms);
        if (before == PreCopyStage.Copying && _state.Stage != PreCopyStage.Copying && Vm.Info.State == VmState.Running)
        {
            Source.SetStateLocked(Vm, VmState.Paused, "lifecycle:suspended/migrated");
        }
    }

    MigrationProgress ProgressLocked()
    {
        var guest = Guest;
        var disk = (long)DiskBytes;
        var diskLeft = (long)Math.Ceiling(_diskLeftBytes);

        // As QEMU counts: what is left of this round. What was dirtied meanwhile shows when the next begins.
        var left = _cold ? 0 : (long)((_switched ? _leftPages : _state.LeftPages) * PreCopyModel.PageBytes);
        return new MigrationProgress
        {
            Round = _state.Round,
            TotalBytes = disk + (_cold ? 0 : guest.MemoryPages * PreCopyModel.PageBytes),
            TransferredBytes = disk - diskLeft + (long)(_state.SentPages * PreCopyModel.PageBytes),
            RemainingBytes = diskLeft + left,
            DirtyBytesPerSecond = (long)(guest.DirtyPagesPerSecond * (100 - _state.ThrottlePercent) / 100 * PreCopyModel.PageBytes),
            BytesPerSecond = Frozen ? 0 : (long)Limits.BytesPerSecond,
            Percent = Math.Round(_percent, 1),
            ElapsedMs = (long)_clockMs,
            DiskTotalBytes = disk > 0 ? disk : null,
            DiskTransferredBytes = disk > 0 ? disk - diskLeft : null,
            ThrottlePercent = _state.ThrottlePercent,
            PostCopy = _switched,
            LadderRungs = _rung,
        };
    }
}
