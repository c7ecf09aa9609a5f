using System.Runtime.CompilerServices;
using System.Threading.Channels;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>
/// The driver of one host of a <see cref="SimulatedFleet"/>, with every facet the host's options name. It is a driver like any other, runs the
/// same contract suite, and says in everything it reports that it is simulated.
/// </summary>
public sealed partial class SimulatedDriver : IHypervisorDriver, IEpochDriver
{
    readonly SimulatedFleet _fleet;
    readonly SimulatedHost _host;
    readonly CancellationTokenSource _disposed = new();
    readonly List<Channel<DriverEvent>> _watches = [];

    /// <summary>A driver for one host of the fleet.</summary>
    public SimulatedDriver(SimulatedFleet fleet, HostId host)
    {
        _fleet = fleet;
        _host = fleet[host];
        var facets = _host.Options.Facets;
        Power = facets.Contains("power") ? new PowerFacet(this) : null;
        Definition = facets.Contains("definition") ? new DefinitionFacet(this) : null;
        Migration = facets.Contains("migration") ? new MigrationFacet(this) : null;
        Export = facets.Contains("export") ? new ExportFacet(this) : null;
        Stats = facets.Contains("stats") ? new StatsFacet(this) : null;
        Settings = facets.Contains("settings") ? new SettingsFacet(this) : null;
        Checkpoints = facets.Contains("checkpoints") ? new CheckpointsFacet(this) : null;
        Guest = facets.Contains("guest") ? new GuestFacet(this) : null;
        Console = facets.Contains("console") ? new ConsoleFacet(this) : null;
        Switches = facets.Contains("switches") ? new SwitchesFacet(this) : null;
        Storage = facets.Contains("storage") ? new StorageFacet(this) : null;
    }

    /// <inheritdoc/>
    public HypervisorKind Kind => HypervisorKind.Simulated;

    /// <inheritdoc/>
    public IPowerDriver? Power { get; }

    /// <inheritdoc/>
    public IDefinitionDriver? Definition { get; }

    /// <inheritdoc/>
    public IMigrationDriver? Migration { get; }

    /// <inheritdoc/>
    public IStatsDriver? Stats { get; }

    /// <inheritdoc/>
    public ISettingsDriver? Settings { get; }

    /// <inheritdoc/>
    public ICheckpointsDriver? Checkpoints { get; }

    /// <inheritdoc/>
    public IGuestDriver? Guest { get; }

    /// <inheritdoc/>
    public IConsoleDriver? Console { get; }

    /// <inheritdoc/>
    public ISwitchesDriver? Switches { get; }

    /// <inheritdoc/>
    public IExportDriver? Export { get; }

    /// <inheritdoc/>
    public IStorageDriver? Storage { get; }

    /// <inheritdoc/>
    public IEpochDriver? Epochs => this;

    /// <inheritdoc/>
    public Task SetEpochAsync(VmId vm, long epoch, CancellationToken cancellationToken) =>
        ChangeAsync(SimulatedOperation.SetEpoch, vm, v => v.Info = v.Info with { Epoch = epoch }, cancellationToken);

    /// <inheritdoc/>
    public Task<HostIdentity> GetHostAsync(CancellationToken cancellationToken) =>
        CallAsync(SimulatedOperation.Host, null, () => new HostIdentity(_host.Id, _host.Name), cancellationToken);

    /// <inheritdoc/>
    public Task<HostCapabilities> GetCapabilitiesAsync(CancellationToken cancellationToken) => CallAsync(
        SimulatedOperation.Host,
        null,
        () => new HostCapabilities
        {
            Hypervisor = "Simulated hypervisor",
            CpuModel = _host.Options.CpuModel,
            CpuCount = _host.Options.CpuCount,
            MemoryMiB = _host.Options.MemoryMiB,
            Facets = _host.Options.Facets,
            MigrationUri = Migration is null ? null : _host.MigrationUri,
            MaxConcurrentMigrations = _host.Options.MaxConcurrentMigrations,
            MaxMigrationBandwidthMiBps = _host.Options.MaxMigrationBandwidthMiBps,
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<long?> GetFreeMemoryMiBAsync(CancellationToken cancellationToken) =>
        CallAsync(SimulatedOperation.Host, null, () => (long?)_host.FreeMemoryMiB, cancellationToken);

    /// <inheritdoc/>
    public Task<HostScan> ListAsync(CancellationToken cancellationToken) =>
        CallAsync(SimulatedOperation.List, null, () => new HostScan([.. _host.Vms.Values.Select(v => v.Info)], []), cancellationToken);

    /// <inheritdoc/>
    public Task<VmInfo?> GetAsync(VmId vm, CancellationToken cancellationToken) =>
        CallAsync(SimulatedOperation.Get, vm, () => _host.Vms.GetValueOrDefault(vm)?.Info, cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(VmId vm, CancellationToken cancellationToken) => ChangeAsync(SimulatedOperation.Start, vm, v =>
    {
        RequireNotMigrating(v);
        Require(v, v.Info.State is VmState.Off or VmState.Saved, "only a VM that is off or saved can be started");
        if (_host.FreeMemoryMiB < v.Info.MemoryMiB)
        {
            throw Error(ErrorKind.Resource, "memory-short", $"VM {v.Info.Name} needs {v.Info.MemoryMiB} MiB; {_host.Name} has {_host.FreeMemoryMiB} MiB free.", "Stop another VM or start this one elsewhere.");
        }

        _host.SetStateLocked(v, VmState.Running, "lifecycle:started/booted");
    }, cancellationToken);

    /// <inheritdoc/>
    public Task ForceOffAsync(VmId vm, CancellationToken cancellationToken) => ChangeAsync(SimulatedOperation.ForceOff, vm, v =>
    {
        Require(v, SimulatedHost.HoldsMemory(v.Info.State) && !v.Incoming, "only a VM that is on can be turned off");
        (v.Outgoing ?? _host.Transfers.FirstOrDefault(t => t.Vm.Info.Id == vm))?.FailLocked(SimulatedErrors.WrongState(_host, v, "it was turned off under the transfer"));
        TurnOffLocked(v, "lifecycle:stopped/destroyed");
    }, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<DriverEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<DriverEvent>? channel = null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        await CallAsync(SimulatedOperation.Watch, null, () =>
        {
            var reader = _host.WatchLocked(out channel);
            _watches.Add(channel);
            return reader;
        }, cancellationToken);
        try
        {
            while (await ReadableAsync(channel!.Reader, stop.Token, cancellationToken))
            {
                while (channel.Reader.TryRead(out var e))
                {
                    yield return e;
                }
            }
        }
        finally
        {
            lock (_fleet.Gate)
            {
                _watches.Remove(channel!);
                _host.UnwatchLocked(channel!);
            }
        }
    }

    /// <summary>Ends this connection; the host and its transfers go on.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed.Cancel();
        lock (_fleet.Gate)
        {
            // Also for a watcher that will never run again.
            _watches.ForEach(_host.UnwatchLocked);
            _watches.Clear();
        }

        return ValueTask.CompletedTask;
    }

    async ValueTask<bool> ReadableAsync(ChannelReader<DriverEvent> reader, CancellationToken stop, CancellationToken caller)
    {
        try
        {
            return await reader.WaitToReadAsync(stop);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            throw new HypervisorException(SimulatedErrors.ConnectionLost(_host));
        }
    }

    /// <summary>Every call's way in: the way there, planted faults, the effect under the gate, the way back.</summary>
    async Task<T> CallAsync<T>(SimulatedOperation operation, VmId? vm, Func<T> effect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await TravelAsync(cancellationToken);
        SimulatedFault? fault;
        lock (_fleet.Gate)
        {
            ReachableLocked();
            fault = _host.TakeFaultLocked(operation, vm);
        }

        if (fault is { AfterEffect: false })
        {
            await ApplyAsync(fault, cancellationToken);
        }

        T result;
        lock (_fleet.Gate)
        {
            ReachableLocked();
            result = effect();
        }

        if (fault is { AfterEffect: true })
        {
            await ApplyAsync(fault, cancellationToken);
        }

        await TravelAsync(CancellationToken.None);
        return result;
    }

    async ValueTask TravelAsync(CancellationToken cancellationToken)
    {
        if (_host.Options.CallLatency?.Invoke() is { Ticks: > 0 } latency)
        {
            await Task.Delay(latency, _fleet.Time, cancellationToken);
        }
    }

    Task ChangeAsync(SimulatedOperation operation, VmId vm, Action<SimulatedVm> change, CancellationToken cancellationToken) => CallAsync(
        operation,
        vm,
        () =>
        {
            change(_host.Vms.GetValueOrDefault(vm) ?? throw new HypervisorException(SimulatedErrors.NotFound(_host, vm)));
            _fleet.TellLocked(_host, vm, operation);
            return true;
        },
        cancellationToken);

    async Task ApplyAsync(SimulatedFault fault, CancellationToken cancellationToken)
    {
        if (fault.Delay > TimeSpan.Zero || fault.Hang)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
            await Task.Delay(fault.Hang ? Timeout.InfiniteTimeSpan : fault.Delay, _fleet.Time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (fault.LoseConnection)
        {
            _host.LoseConnections();
            throw new HypervisorException(SimulatedErrors.ConnectionLost(_host));
        }

        if (fault.Error is { } error)
        {
            throw new HypervisorException(error);
        }
    }

    void ReachableLocked()
    {
        if (_disposed.IsCancellationRequested)
        {
            throw new HypervisorException(SimulatedErrors.ConnectionLost(_host));
        }

        if (!_host.PoweredOn)
        {
            throw new HypervisorException(SimulatedErrors.Unreachable(_host));
        }
    }

    void TurnOffLocked(SimulatedVm vm, string cause)
    {
        vm.ForgetMigration();
        if (vm.Info.Persistent)
        {
            _host.SetStateLocked(vm, VmState.Off, cause);
        }
        else
        {
            _host.Vms.Remove(vm.Info.Id);
            _host.Emit(vm.Info.Id, gone: true, cause);
        }
    }

    void Require(SimulatedVm vm, bool condition, string wanted)
    {
        if (!condition)
        {
            throw new HypervisorException(SimulatedErrors.WrongState(_host, vm, wanted));
        }
    }

    void RequireNotMigrating(SimulatedVm vm, bool guestMayChange = false)
    {
        if (vm.Incoming || vm.PostCopy || (vm.Outgoing is { } transfer && !(guestMayChange && transfer.GuestMayChange)))
        {
            throw new HypervisorException(SimulatedErrors.Migrating(_host, vm));
        }
    }

    HypervisorException Error(ErrorKind kind, string code, string message, string? advice = null) =>
        new(SimulatedErrors.Make(_host, kind, code, message, advice: advice));
}
