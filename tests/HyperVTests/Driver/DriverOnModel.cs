using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>The driver's operations over a simulated host without a wire.</summary>
public abstract class DriverOnModel : IAsyncDisposable
{
    readonly HyperVConnector connector;
    readonly HyperVInventory inventory;
    readonly HyperVPower power;

    /// <summary>A host with nothing on it.</summary>
    protected DriverOnModel()
    {
        Session = new ChangedSession(Host.OpenSession());
        connector = new HyperVConnector(new HyperVOptions(), Session, TimeProvider.System);
        var services = new HyperVServices(connector);
        inventory = new HyperVInventory(connector, services);
        power = new HyperVPower(connector);
        Driver = new Operations(
            power, new HyperVDefinition(connector, services, GetAsync), new HyperVSettings(connector, services), new HyperVCheckpoints(connector, services), new HyperVGuest(connector, services),
            new HyperVConsole(connector, services), new HyperVSwitches(connector), new HyperVStats(connector, services), this);
    }

    /// <summary>The host.</summary>
    protected SimulatedHyperVHost Host { get; } = SimulatedHyperVHost.Create("HV1", new SimulatedHostOptions(), TimeProvider.System);

    /// <summary>What the driver asks the host through.</summary>
    private protected ChangedSession Session { get; }

    /// <summary>The driver's facets.</summary>
    private protected Operations Driver { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await connector.DisposeAsync();
    }

    /// <summary>A VM on the host.</summary>
    protected VmId Add(NewVm vm) => new(Host.AddVm(vm).Id);

    /// <summary>What the VM is set to.</summary>
    protected Task<VmSettingsState> SettingsAsync(VmId vm) => Driver.Settings.ReadAsync(vm, default);

    /// <summary>Changes settings.</summary>
    protected Task ChangeAsync(VmId vm, VmSettings settings) => Driver.Settings.ChangeAsync(vm, settings, default);

    /// <summary>The call must fail with this kind, and say so.</summary>
    protected static async Task<ErrorInfo> FailsAsync(ErrorKind kind, Func<Task> action)
    {
        var error = (await Assert.ThrowsAsync<HypervisorException>(action)).Error;
        Assert.True(error.Kind == kind, $"expected {kind}, found {error.Kind} {error.Code}: {error.Message} {error.NativeMessage}");
        Assert.NotEmpty(error.Message);
        return error;
    }

    Task<VmInfo?> GetAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync("read", session => inventory.GetAsync(session, vm, cancellationToken), cancellationToken);

    private protected sealed record Operations(
        IPowerDriver Power, IDefinitionDriver Definition, ISettingsDriver Settings, ICheckpointsDriver Checkpoints, IGuestDriver Guest, IConsoleDriver Console, ISwitchesDriver Switches, IStatsDriver Stats,
        DriverOnModel Test)
    {
        public Task StartAsync(VmId vm, CancellationToken cancellationToken) => Test.power.StartAsync(vm, cancellationToken);

        public Task ForceOffAsync(VmId vm, CancellationToken cancellationToken) => Test.power.ForceOffAsync(vm, cancellationToken);

        public Task<VmInfo?> GetAsync(VmId vm, CancellationToken cancellationToken) => Test.GetAsync(vm, cancellationToken);

        public Task<HostScan> ListAsync(CancellationToken cancellationToken) => Test.connector.RunAsync("list", session => Test.inventory.ListAsync(session, cancellationToken), cancellationToken);
    }
}
