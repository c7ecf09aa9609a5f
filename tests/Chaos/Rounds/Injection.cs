using HvPlatform.Chaos.World;

namespace HvPlatform.Chaos.Rounds;

/// <summary>Does the harm, and puts right what an init system, a reset button or a technician would.</summary>
sealed class Injection(ChaosWorld world, RoundPlan plan, Fault fault, int source, int destination)
{
    HostProcesses Source => world.Host[source - 1];

    HostProcesses Destination => world.Host[destination - 1];

    /// <summary>Breaks it, waits, mends it.</summary>
    public async Task RunAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        await Task.Delay(delay, cancellationToken);
        await BreakAsync();
        await Task.Delay(plan.Outage, cancellationToken);
        await MendAsync();
    }

    public async Task BreakAsync()
    {
        switch (fault)
        {
            case Fault.None:
                break;
            case Fault.SourceLibvirtd:
                KillDaemon(Source);
                break;
            case Fault.DestinationLibvirtd:
                KillDaemon(Destination);
                break;
            case Fault.SourceQemu:
                KillQemu(Source);
                break;
            case Fault.DestinationQemu:
                KillQemu(Destination);
                break;
            case Fault.RabbitMq:
                await world.Rabbit.KillAsync();
                break;
            case Fault.Postgres:
                await world.Postgres.KillAsync();
                break;
            case Fault.SourcePower:
                await Task.WhenAll(world.Hosts.CrashAsync(source), world.Agent(source).KillAsync());
                break;
            case Fault.DestinationPower:
                await Task.WhenAll(world.Hosts.CrashAsync(destination), world.Agent(destination).KillAsync());
                break;
            case Fault.HostsLink:
                await world.Hosts.SetLinkAsync(destination, up: false);
                break;
            case Fault.SourceAgentLink:
                world.AgentLinks[source - 1].Cut();
                break;
            case Fault.DestinationAgentLink:
                world.AgentLinks[destination - 1].Cut();
                break;
            default:
                await Service().KillAsync();
                break;
        }
    }

    public async Task MendAsync()
    {
        switch (fault)
        {
            case Fault.SourceLibvirtd:
                ThawInit(Source);
                break;
            case Fault.DestinationLibvirtd:
                ThawInit(Destination);
                break;
            case Fault.None or Fault.SourceQemu or Fault.DestinationQemu:
                break;
            case Fault.RabbitMq:
                await world.Rabbit.StartAgainAsync();
                break;
            case Fault.Postgres:
                await world.Postgres.StartAgainAsync();
                break;
            case Fault.SourcePower:
                await PowerOnAsync(source);
                break;
            case Fault.DestinationPower:
                await PowerOnAsync(destination);
                break;
            case Fault.HostsLink:
                await world.Hosts.SetLinkAsync(destination, up: true);
                break;
            case Fault.SourceAgentLink:
                world.AgentLinks[source - 1].Mend(plan.ConnectionsLost);
                break;
            case Fault.DestinationAgentLink:
                world.AgentLinks[destination - 1].Mend(plan.ConnectionsLost);
                break;
            default:
                Service().Start();
                break;
        }
    }

    ServiceProcess Service() => fault switch
    {
        Fault.Orchestrator => world.Orchestrator,
        Fault.Saga => world.Saga,
        Fault.Inventory => world.Inventory,
        Fault.SourceAgent => world.Agent(source),
        Fault.DestinationAgent => world.Agent(destination),
        _ => throw new InvalidOperationException($"{fault} is no service."),
    };

    /// <summary>The host's first process starts it again at once; frozen, it does so only when the outage is over.</summary>
    static void KillDaemon(HostProcesses host)
    {
        if (host is { Init: { } init, Daemon: { } daemon })
        {
            Signals.Freeze(init);
            Signals.Kill(daemon);
        }
    }

    static void ThawInit(HostProcesses host)
    {
        if (host.Init is { } init)
        {
            Signals.Thaw(init);
        }
    }

    void KillQemu(HostProcesses host)
    {
        foreach (var pid in host.Qemu(world.Vm))
        {
            Signals.Kill(pid);
        }
    }

    async Task PowerOnAsync(int host)
    {
        await world.Hosts.StartAgainAsync(host);
        world.Agent(host).Start();
    }
}
