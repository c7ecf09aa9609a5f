using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Simulation.Bus;

namespace HvPlatform.Simulation.Worlds;

/// <summary>People and other systems: they migrate, start, stop, cancel, cancel twice, cancel what has not begun, and say of a migration in doubt what they see on the hosts.</summary>
sealed class Clients(World world)
{
    readonly List<OperationId> _migrations = [];

    public void Begin(DateTimeOffset end, double meanSeconds)
    {
        world.Scheduler.After(world.Between(0, 2 * meanSeconds), null, "client", () =>
        {
            if (world.Scheduler.Now < end)
            {
                Ask();
                Begin(end, meanSeconds);
            }
        });
    }

    /// <summary>One client's command, sent as another system would send it.</summary>
    public void Send(object command, Guid key)
    {
        if (world.Broker.IsUp)
        {
            var message = Envelope.Of(world.NextGuid(), command, key, "client");
            world.Trace("client", () => $"sends {world.Describe(message)}");
            world.Broker.Take(Queues.Orchestrator, message);
        }
    }

    public OperationId Migrate(VmId vm, HostId destination, MigrationPolicy policy)
    {
        var id = new OperationId(world.NextGuid());
        _migrations.Add(id);
        Send(new MigrateVm { OperationId = id, VmId = vm, DestinationHostId = destination, Policy = policy, Trail = Trail() }, vm.Value);
        return id;
    }

    public void Cancel(OperationId migration) => Send(new CancelMigration { OperationId = migration, Trail = Trail() }, migration.Value);

    public Trail Trail() => new() { RequestedBy = "simulation", Reason = "seed", RequestedAt = world.Scheduler.Now };

    void Ask()
    {
        var vm = world.Vms[world.Random.Next(world.Vms.Count)];
        var at = world.FleetHosts.FirstOrDefault(h => h.Vms.TryGetValue(vm, out var v) && v is { Incoming: false, Left: false });
        var state = at?.Vms[vm].Info.State ?? VmState.Unknown;
        if (state == VmState.Off && world.Chance(0.7))
        {
            Send(new StartVm { OperationId = new(world.NextGuid()), VmId = vm, Trail = Trail() }, vm.Value);
        }
        else if (state == VmState.Paused && world.Chance(0.5))
        {
            Send(new ResumeVm { OperationId = new(world.NextGuid()), VmId = vm, Trail = Trail() }, vm.Value);
        }
        else if (world.Chance(0.12))
        {
            Send(Lifecycle(vm), vm.Value);
        }
        else if (world.Chance(0.1) && _migrations.Count > 0)
        {
            Cancel(_migrations[world.Random.Next(_migrations.Count)]);
        }
        else
        {
            MigrateSomewhere(vm, at?.Id);
        }
    }

    void MigrateSomewhere(VmId vm, HostId? at)
    {
        var others = world.FleetHosts.Where(h => h.Id != at).ToList();
        var policy = new MigrationPolicy
        {
            TimeoutSeconds = world.Chance(0.3) ? world.Random.Next(5, 40) : 600,
            AutoConverge = world.Chance(0.3),
            MaxDowntimeMs = world.Chance(0.3) ? world.Random.Next(20, 2000) : null,
            BandwidthMiBps = world.Chance(0.3) ? world.Random.Next(20, 500) : null,
        };
        if (world.Has(Breadth.LocalDisks))
        {
            policy = policy with { Storage = world.Wide.NextDouble() < 0.9 ? MigrationStorage.CopyFull : MigrationStorage.CopyIncremental };
        }

        if (world.Has(Breadth.PostCopy) && world.Wide.NextDouble() < 0.5)
        {
            policy = policy with { Ladder = [new ConvergenceStep { AfterSeconds = world.Wide.Next(1, 5), Action = ConvergenceAction.PostCopy }] };
        }

        var migration = Migrate(vm, others[world.Random.Next(others.Count)].Id, policy);
        if (!world.Chance(0.35))
        {
            return;
        }

        var first = world.Chance(0.15) ? TimeSpan.Zero : world.Chance(0.6) ? world.Between(0, 1.5) : world.Between(0, 30);
        world.Scheduler.After(first, null, "cancel", () => Cancel(migration));
        if (world.Chance(0.3))
        {
            world.Scheduler.After(first + world.Between(0, 4), null, "cancel", () => Cancel(migration));
        }
    }

    object Lifecycle(VmId vm)
    {
        var id = new OperationId(world.NextGuid());
        return world.Random.Next(22) switch
        {
            < 4 => new StartVm { OperationId = id, VmId = vm, Trail = Trail() },
            < 8 => new ForceOffVm { OperationId = id, VmId = vm, Trail = Trail() },
            < 11 => new ShutDownVm { OperationId = id, VmId = vm, Trail = Trail() },
            < 15 => new PauseVm { OperationId = id, VmId = vm, Trail = Trail() },
            < 18 => new ResumeVm { OperationId = id, VmId = vm, Trail = Trail() },
            < 21 => new RebootVm { OperationId = id, VmId = vm, Trail = Trail() },
            _ => new DeleteVm { OperationId = id, VmId = vm, Trail = Trail() },
        };
    }
}
