using System.Threading.Channels;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>One simulated host: its VMs, its power switch, and the faults planted in it. Safe to use from many threads.</summary>
public sealed class SimulatedHost
{
    const int WatchCapacity = 65_536;

    readonly SimulatedFleet _fleet;
    readonly List<SimulatedFault> _faults = [];
    readonly List<SimulatedTransferFault> _transferFaults = [];
    readonly List<Channel<DriverEvent>> _watchers = [];

    internal SimulatedHost(SimulatedFleet fleet, HostId id, string name, SimulatedHostOptions options)
    {
        _fleet = fleet;
        Id = id;
        Name = name;
        Options = options;
        Number = int.Parse(name[^4..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Its identity.</summary>
    public HostId Id { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public SimulatedHostOptions Options { get; }

    /// <summary>Whether it has power.</summary>
    public bool PoweredOn { get; private set; } = true;

    /// <summary>Cancelled when the connections to this host are lost; a new source then takes its place.</summary>
    internal CancellationTokenSource Connection { get; private set; } = new();

    internal int Number { get; }

    internal Dictionary<VmId, SimulatedVm> Vms { get; } = [];

    /// <summary>VMs this host was made ready for.</summary>
    internal HashSet<VmId> Prepared { get; } = [];

    internal HashSet<SimulatedTransfer> Transfers { get; } = [];

    internal SimulatedFiles Files { get; } = new();

    /// <summary>Exports in directories of this host, by directory.</summary>
    internal Dictionary<string, SimulatedPackage> Packages { get; } = [];

    /// <summary>Planned VMs, by the import they are of.</summary>
    internal Dictionary<OperationId, SimulatedPlan> Plans { get; } = [];

    /// <summary>Directories of exports that are not whole, and imports whose VM is planned only. Empty at rest.</summary>
    public IReadOnlyList<string> UnfinishedPackages
    {
        get
        {
            lock (_fleet.Gate)
            {
                return [.. Packages.Concat(_fleet.SharedPackages).Where(p => p.Value.Manifest is null).Select(p => p.Key), .. Plans.Keys.Select(o => o.ToString())];
            }
        }
    }

    internal string MigrationUri => $"simulated://{Id}";

    internal long FreeMemoryMiB => Options.MemoryMiB - Vms.Values.Where(v => HoldsMemory(v.Info.State)).Sum(v => v.Info.MemoryMiB);

    /// <summary>VMs the host was made ready for whose transfer has neither begun nor been cleaned up. Empty at rest.</summary>
    public IReadOnlyList<VmId> PreparedVms
    {
        get
        {
            lock (_fleet.Gate)
            {
                return [.. Prepared];
            }
        }
    }

    /// <summary>Disks made here for a VM that has not arrived, each with its VM. Empty at rest.</summary>
    public IReadOnlyList<(string Path, VmId Vm)> MarkedDisks
    {
        get
        {
            lock (_fleet.Gate)
            {
                return [.. Files.Marked];
            }
        }
    }

    /// <summary>Its VMs, as an operator with the native tools would see them.</summary>
    public IReadOnlyList<VmInfo> ListVms()
    {
        lock (_fleet.Gate)
        {
            return [.. Vms.Values.Select(v => v.Info)];
        }
    }

    /// <summary>Removes an export's directory, as an operator would.</summary>
    public void RemovePackage(string directory)
    {
        lock (_fleet.Gate)
        {
            Packages.Remove(directory);
        }
    }

    /// <summary>How many watch the host's events.</summary>
    public int Watches
    {
        get
        {
            lock (_fleet.Gate)
            {
                return _watchers.Count;
            }
        }
    }

    /// <summary>Puts a VM on the host, as if it had always been there; watchers are told.</summary>
    public void AddVm(VmInfo vm, SimulatedGuest? guest = null)
    {
        lock (_fleet.Gate)
        {
            Vms.Add(vm.Id, new SimulatedVm(vm, guest ?? new SimulatedGuest()) { StartedTimestamp = _fleet.Time.GetTimestamp() });
            Files.Keep(LocalDisks(vm));
            Emit(vm.Id, gone: false, "lifecycle:defined/added");
        }
    }

    /// <summary>Takes a VM away without a word from the platform, as an operator with the native tools would.</summary>
    public void RemoveVm(VmId vm)
    {
        lock (_fleet.Gate)
        {
            if (Vms.Remove(vm))
            {
                Emit(vm, gone: true, "lifecycle:undefined/removed");
            }
        }
    }

    /// <summary>Changes how a guest behaves; a running transfer feels it.</summary>
    public void SetGuest(VmId vm, SimulatedGuest guest)
    {
        lock (_fleet.Gate)
        {
            Vms[vm].Guest = guest;
        }
    }

    /// <summary>Changes the bandwidth cap of a running transfer, as <c>virsh migrate-setspeed</c> would; null for no cap.</summary>
    public void SetTransferSpeed(VmId vm, int? bandwidthMiBps)
    {
        lock (_fleet.Gate)
        {
            if (Vms.TryGetValue(vm, out var v) && v.Outgoing is { } transfer)
            {
                transfer.BandwidthMiBps = bandwidthMiBps;
            }
        }
    }

    /// <summary>Plants a fault for the next matching calls; earlier ones come first.</summary>
    public void Inject(SimulatedFault fault)
    {
        lock (_fleet.Gate)
        {
            _faults.Add(fault);
        }
    }

    /// <summary>Plants a fault in the next matching transfer that leaves this host.</summary>
    public void Inject(SimulatedTransferFault fault)
    {
        lock (_fleet.Gate)
        {
            _transferFaults.Add(fault);
        }
    }

    /// <summary>Takes back all planted faults, also one that a transfer which leaves this host has taken along and not come to yet.</summary>
    public void ClearFaults()
    {
        lock (_fleet.Gate)
        {
            _faults.Clear();
            _transferFaults.Clear();
            foreach (var transfer in Transfers.Where(t => t.Source == this))
            {
                transfer.ForgetFaultLocked();
            }

        }
    }

    /// <summary>Power is lost: nothing answers, nothing runs, transfers break on both sides.</summary>
    public void PowerLoss()
    {
        lock (_fleet.Gate)
        {
            if (!PoweredOn)
            {
                return;
            }

            PoweredOn = false;
            foreach (var transfer in Transfers.ToArray())
            {
                transfer.BreakLocked(this);
            }

            foreach (var vm in Vms.Values.ToArray())
            {
                if (!vm.Info.Persistent || vm.Incoming)
                {
                    Vms.Remove(vm.Info.Id);
                }
                else if (HoldsMemory(vm.Info.State))
                {
                    vm.Info = vm.Info with { State = VmState.Off, StateReason = "simulated power loss" };
                    vm.ForgetMigration();
                }
            }

            Prepared.Clear();
            LoseConnectionsLocked(SimulatedErrors.Unreachable(this));
        }
    }

    /// <summary>Power returns; VMs stay off until someone starts them.</summary>
    public void PowerOn()
    {
        lock (_fleet.Gate)
        {
            PoweredOn = true;
        }
    }

    /// <summary>All connections of drivers to this host break once; the host itself, and its transfers, go on.</summary>
    public void LoseConnections()
    {
        lock (_fleet.Gate)
        {
            LoseConnectionsLocked(SimulatedErrors.ConnectionLost(this));
        }
    }

    internal bool Reaches(VmDisk disk) => disk.Source is null || Options.SharedPaths.Any(p => disk.Source.StartsWith(p, StringComparison.Ordinal));

    internal IEnumerable<VmDisk> LocalDisks(VmInfo vm) => vm.Disks.Where(d => !Reaches(d));

    internal static bool HoldsMemory(VmState state) => state is VmState.Running or VmState.Paused or VmState.ShuttingDown or VmState.Crashed or VmState.Suspended;

    internal SimulatedFault? TakeFaultLocked(SimulatedOperation operation, VmId? vm)
    {
        for (var i = 0; i < _faults.Count; i++)
        {
            var f = _faults[i];
            if ((f.Operation == SimulatedOperation.Any || f.Operation == operation) && (f.Vm is null || f.Vm == vm))
            {
                if (f.Times == 1)
                {
                    _faults.RemoveAt(i);
                }
                else if (f.Times is { } n)
                {
                    _faults[i] = f with { Times = n - 1 };
                }

                return f;
            }
        }

        return null;
    }

    internal SimulatedTransferFault? TakeTransferFaultLocked(VmId vm)
    {
        var i = _transferFaults.FindIndex(f => f.Vm is null || f.Vm == vm);
        if (i < 0)
        {
            return null;
        }

        var fault = _transferFaults[i];
        _transferFaults.RemoveAt(i);
        return fault;
    }

    internal ChannelReader<DriverEvent> WatchLocked(out Channel<DriverEvent> channel)
    {
        channel = Channel.CreateBounded<DriverEvent>(new BoundedChannelOptions(WatchCapacity) { SingleReader = true });
        _watchers.Add(channel);
        return channel.Reader;
    }

    internal void UnwatchLocked(Channel<DriverEvent> channel) => _watchers.Remove(channel);

    internal void SetStateLocked(SimulatedVm vm, VmState state, string cause)
    {
        if (state == VmState.Running && !HoldsMemory(vm.Info.State))
        {
            vm.StartedTimestamp = _fleet.Time.GetTimestamp();
        }

        vm.Info = vm.Info with { State = state, StateReason = cause };
        Emit(vm.Info.Id, gone: false, cause);
    }

    internal void Emit(VmId vm, bool gone, string cause)
    {
        for (var i = _watchers.Count - 1; i >= 0; i--)
        {
            // A watcher that does not read loses the connection rather than an event: it must scan again.
            if (!_watchers[i].Writer.TryWrite(new DriverEvent(vm, gone, cause)))
            {
                _watchers[i].Writer.TryComplete(new HypervisorException(SimulatedErrors.ConnectionLost(this)));
                _watchers.RemoveAt(i);
            }
        }
    }

    internal void LoseConnectionsLocked(ErrorInfo error)
    {
        foreach (var w in _watchers)
        {
            w.Writer.TryComplete(new HypervisorException(error));
        }

        _watchers.Clear();
        var lost = Connection;
        Connection = new CancellationTokenSource();

        // Who waits for this is only told here; it runs on elsewhere, not within the gate.
        lost.Cancel();
    }
}
