using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace HvPlatform.IntegrationTests.HostAgent;

/// <summary>
/// A bus with a listener that keeps everything agents say, and, on it, an agent process that can be stopped and started again while its simulated fleet lives on, as
/// real hosts do.
/// </summary>
sealed class AgentHost : IAsyncDisposable
{
    const int Seed = 11;

    readonly string _journal = TemporaryDirectory.Create("hv-agent-");
    readonly ConcurrentQueue<object> _heard = new();
    readonly string _bus;
    readonly SimulatedFleets _fleets = new(TimeProvider.System);
    readonly Dictionary<string, string?> _settings;
    TestHost? _listener;
    TestHost? _agent;

    AgentHost(string bus, SimulatedFleet fleet, Dictionary<string, string?>? settings)
    {
        (_bus, Fleet) = (bus, fleet);
        _fleets.TryAdd(Seed, fleet);
        _settings = new()
        {
            ["Hv:Journal"] = _journal,
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Seed"] = $"{Seed}",
            ["Hv:Agents:0:HeartbeatSeconds"] = "0.5",
            ["Hv:Agents:0:StopSeconds"] = "0.2",
        };
        foreach (var (key, value) in settings ?? [])
        {
            _settings[key] = value;
        }
    }

    public SimulatedFleet Fleet { get; }

    public SimulatedHost First => Fleet.Hosts[0];

    public SimulatedHost Second => Fleet.Hosts[1];

    public string JournalDirectory => _journal;

    public IServiceProvider Services => _agent!.Services;

    /// <summary>In memory, agent and listener share one process and one bus, which ends with the agent; on RabbitMQ each has its own.</summary>
    bool InMemory => _bus == "inmemory";

    public static async Task<AgentHost> StartAsync(string transport, int vms = 3, Dictionary<string, string?>? settings = null, SimulatedHostOptions? options = null)
    {
        var bus = transport == "inmemory" ? "inmemory" : (await (await RabbitServer.SharedAsync()).CreateVirtualHostAsync()).ToString();
        var fleet = new SimulatedFleet(Seed, TimeProvider.System);
        fleet.Populate(2, vms, 512, options);
        var host = new AgentHost(bus, fleet, settings);
        foreach (var h in host.Fleet.Hosts)
        {
            h.AddVm(SimulatedFleet.NewVm(host.RunningVm(h), $"running-{h.Name}", 1, 256, VmState.Running), new SimulatedGuest { DirtyMiBps = 1, ShutdownMs = 50 });
            h.AddVm(SimulatedFleet.NewVm(host.StoppedVm(h), $"stopped-{h.Name}", 1, 256, VmState.Off), new SimulatedGuest { ShutdownMs = 50 });
        }

        if (!host.InMemory)
        {
            host._listener = await TestHost.StartAsync(null, bus, [host.Listener()]);
        }

        await host.StartAgentAsync();
        return host;
    }

    public VmId RunningVm(SimulatedHost host) => Derived(host, 1);

    public VmId StoppedVm(SimulatedHost host) => Derived(host, 2);

    public async Task StartAgentAsync()
    {
        HvModule[] modules = InMemory ? [HostAgentModule.Create(), Listener()] : [HostAgentModule.Create()];
        _agent = await TestHost.StartAsync(null, _bus, modules, builder =>
        {
            builder.Configuration.AddInMemoryCollection(_settings);
            builder.Services.AddSingleton(_fleets);
        });
    }

    public async Task StopAgentAsync()
    {
        await _agent!.DisposeAsync();
        _agent = null;
    }

    /// <summary>Sends a command to a host's queue; the queue exists once its agent has run.</summary>
    public async Task SendAsync<T>(T command, Guid? messageId = null, HostId? to = null) where T : class, IHostCommand
    {
        var endpoint = await (_agent ?? _listener)!.Services.GetRequiredService<IBus>().GetSendEndpoint(new Uri($"exchange:{Queues.HostAgent(to ?? command.HostId)}"));
        await endpoint.Send(command, c => c.MessageId = messageId ?? Guid.NewGuid());
    }

    public async Task SendAsync(ReportHostNow command)
    {
        var endpoint = await (_agent ?? _listener)!.Services.GetRequiredService<IBus>().GetSendEndpoint(new Uri($"exchange:{Queues.HostAgent(command.HostId)}"));
        await endpoint.Send(command);
    }

    public IReadOnlyList<T> Heard<T>(Func<T, bool>? which = null) => [.. _heard.OfType<T>().Where(which ?? (_ => true))];

    public async Task<T> HearAsync<T>(Func<T, bool>? which = null) where T : class
    {
        T? found = null;
        await Eventually.Until(() => (found = Heard(which).FirstOrDefault()) is not null, $"a {typeof(T).Name}");
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }

        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }

        Directory.Delete(_journal, recursive: true);
    }

    static VmId Derived(SimulatedHost host, byte last)
    {
        var bytes = host.Id.Value.ToByteArray();
        bytes[15] = last;
        return VmId.From(new Guid(bytes));
    }

    HvModule Listener() => new()
    {
        Name = "listener",
        Endpoints =
        [
            new HvEndpoint("listener", (_, e) =>
            {
                Keep<HostRegistered>(e);
                Keep<HostHeartbeat>(e);
                Keep<HostReported>(e);
                Keep<HostAgentStopping>(e);
                Keep<HostJobAccepted>(e);
                Keep<HostCommandRefused>(e);
                Keep<VmObserved>(e);
                Keep<VmGone>(e);
                Keep<VmCommandCompleted>(e);
                Keep<VmCommandFailed>(e);
                Keep<MigrationSourceChecked>(e);
                Keep<MigrationDestinationChecked>(e);
                Keep<MigrationDestinationPrepared>(e);
                Keep<MigrationProgressed>(e);
                Keep<VmTransferEnded>(e);
                Keep<MigratingVmInspected>(e);
                Keep<MigrationFinishedOnDestination>(e);
                Keep<MigrationConfirmedOnSource>(e);
                Keep<MigrationDestinationCleanedUp>(e);
                Keep<MigrationStepFailed>(e);
            })
            { Transactional = false },
        ],
    };

    void Keep<T>(IReceiveEndpointConfigurator endpoint) where T : class => endpoint.Handler<T>(context =>
    {
        _heard.Enqueue(context.Message);
        return Task.CompletedTask;
    });
}
