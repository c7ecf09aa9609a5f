using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.Simulation.Worlds;

/// <summary>What goes wrong outside of messages: processes die, the broker, a database or a host goes away, a driver's call fails or hangs, a link is cut. Half of it is aimed at a migration under way.</summary>
sealed class Incidents(World world)
{
    static readonly SimulatedOperation[] s_operations = Enum.GetValues<SimulatedOperation>();

    /// <summary>Begins; each incident leads to the next, until the trouble's end.</summary>
    public void Begin(DateTimeOffset end, double meanSeconds)
    {
        world.Scheduler.After(world.Between(0.1, 2 * meanSeconds), null, "incident", () =>
        {
            if (world.Scheduler.Now < end)
            {
                Happen();
                Begin(end, meanSeconds);
            }
        });
    }

    /// <summary>Everything is mended: hosts have power, planted faults are taken back, links work.</summary>
    public void MendAll()
    {
        world.AsHypervisor(() =>
        {
            foreach (var host in world.FleetHosts)
            {
                host.ClearFaults();
                host.PowerOn();
            }
        });
        foreach (var service in world.Services)
        {
            service.StoreIsBack();
        }

        if (!world.Broker.IsUp)
        {
            world.Broker.ComeBack();
        }
    }

    void Happen()
    {
        var migration = world.Chance(0.6) ? Pick([.. world.Saga.Sagas.Values.Where(s => !s.IsOver)]) : null;
        switch (world.Random.Next(migration is null ? 9 : 12))
        {
            case 0:
                Pick(world.Services)!.Crash(world.DownTime());
                world.Reach("incident service dies");
                break;
            case 1:
                AgentOf(migration).Crash(world.DownTime());
                world.Reach("incident agent dies");
                break;
            case 2:
                BrokerAway();
                break;
            case 3:
                DatabaseAway();
                break;
            case 4 or 5:
                PowerLoss(HostOf(migration));
                break;
            case 6:
                world.AsHypervisor(HostOf(migration).LoseConnections);
                world.Reach("incident hypervisor's connections break");
                break;
            case 7:
                DriverFault(HostOf(migration));
                break;
            case 8:
                TransferFault(HostOf(migration));
                break;
            case 9:
                var down = world.DownTime();
                world.Agent(migration!.SourceHostId).Crash(down);
                world.Agent(migration.DestinationHostId).Crash(down + world.Between(0, 5));
                world.Reach("incident both agents die");
                break;
            case 10:
                world.Agent(world.Chance(0.5) ? migration!.SourceHostId : migration!.DestinationHostId).Crash(world.Between(20, 200));
                world.Reach("incident agent is long away");
                break;
            default:
                var both = world.Between(3, 90);
                PowerLoss(world.Fleet[migration!.SourceHostId], both);
                PowerLoss(world.Fleet[migration.DestinationHostId], both);
                world.Reach("incident both hosts lose power");
                break;
        }
    }

    /// <summary>Links are cut and come back.</summary>
    public void BeginCuts(DateTimeOffset end) => world.Scheduler.After(TimeSpan.FromSeconds(5 + (world.Wide.NextDouble() * 40)), null, "cut", () =>
    {
        if (world.Scheduler.Now < end)
        {
            CutLink();
            BeginCuts(end);
        }
    });

    void CutLink()
    {
        var migration = world.Saga.Sagas.Values.FirstOrDefault(s => s.Phase == MigrationPhase.Transferring);
        var (one, other) = (migration?.SourceHostId ?? world.FleetHosts[0].Id, migration?.DestinationHostId ?? world.FleetHosts[1].Id);
        var seconds = 1 + (world.Wide.NextDouble() * 60);
        world.Reach("incident link cut");
        world.Trace("network", () => $"between {world.NameOf(one)} and {world.NameOf(other)} is cut for {seconds:F1} s");
        world.AsHypervisor(() => world.Fleet.CutLink(one, other));
        world.Scheduler.After(TimeSpan.FromSeconds(seconds), null, "link", () => world.AsHypervisor(() => world.Fleet.RestoreLink(one, other)));
    }

    void BrokerAway()
    {
        if (world.Broker.IsUp)
        {
            world.Reach("incident broker away");
            world.Broker.GoAway();
            world.Scheduler.After(world.Chance(0.7) ? world.Between(0.1, 6) : world.Between(6, 90), null, "broker back", () =>
            {
                if (!world.Broker.IsUp)
                {
                    world.Broker.ComeBack();
                }
            });
        }
    }

    void DatabaseAway()
    {
        var service = Pick(world.Services)!;
        if (!service.Store.IsAway)
        {
            world.Reach("incident database away");
            service.Store.IsAway = true;
            world.Trace(service.Name, () => "loses its database");
            world.Scheduler.After(world.Chance(0.7) ? world.Between(0.1, 6) : world.Between(6, 90), null, "database back", service.StoreIsBack);
        }
    }

    /// <summary>The host and its agent.</summary>
    public void PowerLoss(SimulatedHost host, TimeSpan? away = null)
    {
        if (!host.PoweredOn)
        {
            return;
        }

        world.Reach("incident host loses power");
        var back = away ?? (world.Chance(0.6) ? world.Between(2, 30) : world.Between(30, 150));
        world.Trace(host.Name, () => $"loses power for {back.TotalSeconds:F1} s");
        world.AsHypervisor(host.PowerLoss);
        world.Scheduler.After(back, null, "power back", () => world.AsHypervisor(() =>
        {
            world.Trace(host.Name, () => "has power again");
            host.PowerOn();
        }));
        world.Agent(host.Id).Crash(back + world.Between(0.5, 10));
    }

    void DriverFault(SimulatedHost host)
    {
        var operation = Pick(s_operations);
        var transient = SimulatedErrors.Make(host, ErrorKind.Transient, "simulated-fault", "An injected failure.", "simulated:1");
        var fault = world.Random.Next(4) switch
        {
            0 => new SimulatedFault { Operation = operation, Error = transient, Times = world.Random.Next(1, 4), AfterEffect = world.Chance(0.5) },
            1 => new SimulatedFault { Operation = operation, Delay = world.Between(0.1, 45), AfterEffect = world.Chance(0.5) },
            2 => new SimulatedFault { Operation = operation, LoseConnection = true, AfterEffect = world.Chance(0.5) },
            _ => new SimulatedFault { Operation = operation, Error = transient with { Kind = ErrorKind.Fatal, Code = "simulated-fatal" } },
        };
        world.Reach($"incident driver fault {(fault.Error is { Kind: ErrorKind.Fatal } ? "fatal" : fault.LoseConnection ? "connection" : fault.Error is null ? "slow" : "transient")}{(fault.AfterEffect ? " after the effect" : "")}");
        world.Trace(host.Name, () => $"will fail at {operation}: {fault}");
        world.AsHypervisor(() => host.Inject(fault));
    }

    void TransferFault(SimulatedHost host)
    {
        var fault = new SimulatedTransferFault(Pick(Enum.GetValues<SimulatedTransferFaultKind>()), world.Random.Next(1, 100));
        world.Reach($"incident transfer fault {fault.Kind}");
        world.Trace(host.Name, () => $"will fail in a transfer: {fault}");
        world.AsHypervisor(() => host.Inject(fault));
    }

    AgentNode AgentOf(Migration? migration) => world.Agent(HostOf(migration).Id);

    SimulatedHost HostOf(Migration? migration) =>
        migration is null ? Pick(world.FleetHosts)! : world.Fleet[world.Chance(0.5) ? migration.SourceHostId : migration.DestinationHostId];

    T? Pick<T>(IReadOnlyList<T> list) => list.Count == 0 ? default : list[world.Random.Next(list.Count)];
}
