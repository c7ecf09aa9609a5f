using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Simulated;

namespace HvPlatform.Simulation.Worlds;

/// <summary>What came of one seed.</summary>
sealed record WorldResult(
    int Seed, string? Violation, int Migrations, int Completed, int RolledBack, int FailedIntact, int Doubted, long Steps, ulong Hash,
    IReadOnlyDictionary<string, int> Reached, IReadOnlyList<string> Lines);

/// <summary>Runs one seed: a while of trouble, then everything is mended and the world has to come to rest, and what must hold at rest is checked.</summary>
static class RandomWorld
{
    public static WorldResult Run(WorldOptions options, DecisionRecorder? recorder = null)
    {
        World? world = null;
        string? violation = null;
        try
        {
            if (KeptCommands.Has(options.Seed))
            {
                // So that a command can outlive its operation while there is still trouble.
                options = options with { OperationTimeout = TimeSpan.FromSeconds(45) };
            }

            world = new World(options, w => new RandomAdversary(w)) { Recorder = recorder };
            Play(world);
        }
        catch (ViolationException e)
        {
            violation = e.Message;
        }
        catch (Kernel.SimulationDefectException e)
        {
            violation = $"defect: {e.Message}";
        }

        return Result(world!, options.Seed, violation);
    }

    public static WorldResult Result(World world, int seed, string? violation)
    {
        var ends = world.Checks.Ended.Values.ToList();
        return new WorldResult(
            seed,
            violation,
            world.Checks.Accepted.Values.Count(a => a.Kind == OperationKind.MigrateVm),
            ends.Count(e => e == MigrationPhase.Completed),
            ends.Count(e => e == MigrationPhase.RolledBack),
            ends.Count(e => e == MigrationPhase.Failed),
            world.Checks.Doubted.Count,
            world.Scheduler.Steps,
            world.Scheduler.Trace,
            world.Reached,
            world.Lines);
    }

    static void Play(World world)
    {
        Populate(world);
        world.Boot();
        var adversary = (RandomAdversary)world.Adversary;
        adversary.IsActive = false;
        world.RunUntil(world.Scheduler.Now + TimeSpan.FromSeconds(10));
        adversary.IsActive = true;
        var end = world.Scheduler.Now + world.Options.Trouble;
        var incidents = new Incidents(world);
        incidents.Begin(end, world.Chance(0.2) ? 60 : 4 + (world.Random.NextDouble() * 25));
        var clients = new Clients(world);
        clients.Begin(end, 1 + (world.Random.NextDouble() * 5));
        if (world.Has(Breadth.CutLinks))
        {
            incidents.BeginCuts(end);
        }

        if (world.Has(Breadth.Operator))
        {
            new Operator(world, clients).Begin();
        }

        world.RunUntil(end);
        adversary.IsActive = false;
        incidents.MendAll();
        world.Trace("world", () => "everything is mended");
        Rest(world);
    }

    /// <summary>Runs until everything has ended, and then a little longer, so that what is late has come and reports are in.</summary>
    static void Rest(World world)
    {
        var limit = world.Scheduler.Now + world.Options.RestWithin;
        var quiet = TimeSpan.FromSeconds(450);
        world.RunUntil(world.Scheduler.Now + quiet);
        while (!world.Checks.AllEnded() && world.Scheduler.Now < limit)
        {
            world.RunUntil(world.Scheduler.Now + TimeSpan.FromSeconds(30));
        }

        world.RunUntil(world.Scheduler.Now + TimeSpan.FromSeconds(75));
        world.Checks.AtRest();
    }

    static void Populate(World world)
    {
        var hosts = world.Random.Next(2, world.Options.Hosts + 2);
        for (var i = 0; i < hosts; i++)
        {
            world.AddHost(new SimulatedHostOptions
            {
                MemoryMiB = 16_384,
                BandwidthMiBps = world.Chance(0.5) ? 1024 : world.Random.Next(50, 400),
                MaxConcurrentMigrations = world.Chance(0.3) ? world.Random.Next(1, 3) : null,
            });
        }

        var vms = world.Random.Next(1, world.Options.Vms + 2);
        for (var i = 0; i < vms; i++)
        {
            var info = SimulatedFleet.NewVm(new VmId(world.NextGuid()), $"vm-{i}", 1, 256 << world.Random.Next(4), world.Chance(0.9) ? VmState.Running : VmState.Off);
            var guest = new SimulatedGuest { DirtyMiBps = world.Chance(0.8) ? world.Random.Next(1, 60) : world.Random.Next(60, 900), ShutdownMs = world.Chance(0.8) ? 500 : null };
            if (world.Has(Breadth.LocalDisks) && world.Wide.NextDouble() < 0.6)
            {
                info = info with { Disks = [.. info.Disks.Select(d => d with { Source = $"/local/vm-{i}.qcow2", AllocatedBytes = 256L << 20, Shared = false })] };
            }

            world.AddVm(world.FleetHosts[world.Random.Next(hosts)], info, guest);
        }
    }
}
