using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.Simulation.Bus;
using HvPlatform.Simulation.Kernel;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation.Matrix;

/// <summary>One migration of one VM between two hosts, with one thing that goes wrong. Deterministic.</summary>
static class MatrixRun
{
    static readonly TimeSpan s_longest = TimeSpan.FromMinutes(20);

    /// <summary>A migration to this step with nothing else wrong.</summary>
    public static MatrixOutcome Undisturbed(MatrixStep step) => Run(step, _ => new Calm(), _ => true, false).Outcome;

    public static MatrixOutcome Run(MatrixCell cell) => Run(cell, false).Outcome;

    public static (MatrixOutcome Outcome, World World) Run(MatrixCell cell, bool trace) =>
        Run(cell.Step, w => new CellAdversary(w, cell), w => ((CellAdversary)w.Adversary).Struck, trace);

    public static (MatrixOutcome Outcome, World World) Run(HostCell cell, bool trace) =>
        Run(cell.Step, w => new HostAdversary(w, cell), w => ((HostAdversary)w.Adversary).Struck, trace);

    static (MatrixOutcome Outcome, World World) Run(MatrixStep step, Func<World, IAdversary> adversary, Func<World, bool> struck, bool trace)
    {
        var world = new World(new WorldOptions { Seed = 1, Breadth = Breadth.None, Trace = trace, DownTime = TimeSpan.FromSeconds(5) }, adversary);
        string? violation = null;
        var (asked, ended) = (world.Scheduler.Now, (DateTimeOffset?)null);
        try
        {
            Play(world, step, out asked, at => ended ??= at);
        }
        catch (Exception e) when (e is ViolationException or SimulationDefectException)
        {
            violation = e.Message;
        }

        var saga = world.Saga.Sagas.Values.SingleOrDefault();
        var seconds = (int)Math.Round(((ended ?? world.Scheduler.Now) - asked).TotalSeconds);
        return (new MatrixOutcome(saga is { IsOver: true } ? saga.Phase : null, saga?.CancelRequested == true, seconds, world.Checks.Doubted.Count > 0, struck(world), violation), world);
    }

    static void Play(World world, MatrixStep step, out DateTimeOffset asked, Action<DateTimeOffset> onEnd)
    {
        var options = new SimulatedHostOptions { MemoryMiB = 16_384, BandwidthMiBps = 100 };
        var (source, destination) = (world.AddHost(options), world.AddHost(options));
        var vm = SimulatedFleet.NewVm(new VmId(world.NextGuid()), "vm", 1, 1024, VmState.Running);
        world.AddVm(source, vm);
        switch (world.Adversary)
        {
            case CellAdversary cell:
                (cell.Source, cell.Destination) = (world.Agents[0], world.Agents[1]);
                break;
            case HostAdversary host:
                (host.Source, host.Destination) = (world.Agents[0], world.Agents[1]);
                break;
        }

        if (step.TransferFault is { } fault)
        {
            world.AsHypervisor(() => source.Inject(new SimulatedTransferFault(fault)));
        }

        world.Boot();
        world.RunUntil(world.Scheduler.Now + TimeSpan.FromSeconds(8));
        var clients = new Clients(world);
        asked = world.Scheduler.Now;
        var operation = clients.Migrate(vm.Id, destination.Id, new MigrationPolicy { TimeoutSeconds = 120 });
        if (step.Cancel)
        {
            world.Scheduler.After(TimeSpan.FromSeconds(4), null, "cancel", () => clients.Cancel(operation));
        }

        var limit = asked + s_longest;
        world.RunUntil(limit, () => world.Saga.Sagas.Values.SingleOrDefault()?.IsOver == true);
        onEnd(world.Scheduler.Now);
        world.RunUntil(world.Scheduler.Now + TimeSpan.FromSeconds(200));
        while (!world.Checks.AllEnded() && world.Scheduler.Now < limit)
        {
            world.RunUntil(world.Scheduler.Now + TimeSpan.FromSeconds(30));
        }

        world.RunUntil(world.Scheduler.Now + TimeSpan.FromSeconds(75));
        world.Checks.AtRest();
    }

    sealed class Calm : IAdversary
    {
        public Fate OnEnqueue(string queue, Envelope message) => default;

        public WorkFault OnWork(string service, Envelope message) => WorkFault.None;

        public bool OnAgentTake(string agent, Envelope message) => true;

        public bool OnLeave(Envelope message) => true;
    }
}
