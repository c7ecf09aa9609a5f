using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.Simulation.Bus;
using HvPlatform.Simulation.Checks;
using HvPlatform.Simulation.Kernel;
using HvPlatform.Simulation.Services;

namespace HvPlatform.Simulation.Worlds;

/// <summary>
/// The whole platform in virtual time: broker, orchestrator, saga, inventory, an agent per host, the simulated hypervisors, and an adversary. On one thread;
/// after each thing that happens the invariants are checked.
/// </summary>
sealed class World
{
    const long MostSteps = 1_000_000;

    readonly Dictionary<string, string> _queueNames = [];
    readonly Random _ids;
    ViolationException? _violation;

    public World(WorldOptions options, Func<World, IAdversary> adversary)
    {
        Options = options;
        Wide = Breadths.Of(options.Seed + 1);
        Scheduler = new SimScheduler(options.Seed);
        _ids = new Random(unchecked((options.Seed * 7919) ^ 0x5EED));
        Hypervisors = new SimProcess(Scheduler, "hypervisors");
        Fleet = new SimulatedFleet(options.Seed, Hypervisors.Time);
        Broker = new SimBroker(Scheduler, () => Adversary!, (who, what) => Trace(who, what));
        Checks = new WorldChecks(this);
        Orchestrator = new OrchestratorService(this);
        Saga = new SagaService(this);
        Inventory = new InventoryService(this);
        Services = [Orchestrator, Saga, Inventory];
        Adversary = adversary(this);
    }

    public WorldOptions Options { get; }

    /// <summary>Chance for what the plain world has not.</summary>
    public Random Wide { get; }

    public bool Has(Breadth breadth) => ((Options.Breadth ?? Breadths.Usually(Options.Seed)) & breadth) != 0;

    public SimScheduler Scheduler { get; }

    public Random Random => Scheduler.Random;

    /// <summary>Never killed; its hosts may lose power.</summary>
    public SimProcess Hypervisors { get; }

    public SimulatedFleet Fleet { get; }

    public SimBroker Broker { get; }

    public OrchestratorService Orchestrator { get; }

    public SagaService Saga { get; }

    public InventoryService Inventory { get; }

    public IReadOnlyList<SimService> Services { get; }

    public List<AgentNode> Agents { get; } = [];

    /// <summary>The hosts, in the order of the agents.</summary>
    public List<SimulatedHost> FleetHosts { get; } = [];

    public List<VmId> Vms { get; } = [];

    public WorldChecks Checks { get; }

    public IAdversary Adversary { get; }

    public DecisionRecorder? Recorder { get; init; }

    /// <summary>What happened how often: whether the worlds reach the rare paths.</summary>
    public SortedDictionary<string, int> Reached { get; } = new(StringComparer.Ordinal);

    /// <summary>What happened, if <see cref="WorldOptions.Trace"/>.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Adds a host with its agent.</summary>
    public SimulatedHost AddHost(SimulatedHostOptions options)
    {
        var host = As(Hypervisors, () => Fleet.AddHost(options));
        var agent = new AgentNode(this, host, $"agent-{Agents.Count + 1}");
        _queueNames[agent.QueueName] = agent.Name;
        Agents.Add(agent);
        FleetHosts.Add(host);
        return host;
    }

    public void AddVm(SimulatedHost host, VmInfo info, SimulatedGuest? guest = null)
    {
        AsHypervisor(() => host.AddVm(info, guest));
        Vms.Add(info.Id);
        Checks.Know(info.Id);
    }

    public AgentNode Agent(HostId host) => Agents.First(a => a.Host.Id == host);

    /// <summary>Everything starts.</summary>
    public void Boot()
    {
        foreach (var service in Services)
        {
            service.Boot();
        }

        foreach (var agent in Agents)
        {
            agent.Boot();
        }
    }

    /// <summary>Lets things happen up to a moment. False when nothing at all is left to happen.</summary>
    public void RunUntil(DateTimeOffset until, Func<bool>? stop = null)
    {
        while (Scheduler.Step(until))
        {
            if (_violation is not null)
            {
                throw _violation;
            }

            Checks.AfterStep();
            if (Scheduler.Steps > MostSteps)
            {
                throw new ViolationException($"more than {MostSteps} things happened by {Scheduler.Now:HH:mm:ss}: something runs in circles ({Scheduler.Current})");
            }

            if (stop?.Invoke() == true)
            {
                return;
            }
        }
    }

    /// <summary>Does something to the hypervisors as their own process: what they then do by themselves is not the caller's.</summary>
    public static T As<T>(SimProcess process, Func<T> work)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(process.Context);
        try
        {
            return work();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    public void AsHypervisor(Action work) => As(Hypervisors, () =>
    {
        work();
        return true;
    });

    public Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _ids.NextBytes(bytes);
        return new Guid(bytes);
    }

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public TimeSpan Between(double fromSeconds, double toSeconds) => TimeSpan.FromSeconds(fromSeconds + (Random.NextDouble() * (toSeconds - fromSeconds)));

    /// <summary>A round trip inside the machine room.</summary>
    public TimeSpan Latency() => TimeSpan.FromTicks(Random.NextInt64(20_000));

    /// <summary>Until a dead process runs again: mostly seconds, sometimes past the saga's deadlines.</summary>
    public TimeSpan DownTime() => Options.DownTime is { } down ? down : Chance(0.8) ? Between(0.2, 8) : Between(8, 100);

    public void Reach(string what) => Reached[what] = Reached.GetValueOrDefault(what) + 1;

    public void Trace(string who, Func<string> what)
    {
        if (Options.Trace)
        {
            Lines.Add($"{(Scheduler.Now - SimScheduler.Beginning).TotalSeconds,9:F3} {who,-13} {what()}");
        }
    }

    /// <summary>Called as the sender, which may catch what is thrown: a violation is kept and thrown after the step.</summary>
    public void Sent(Envelope message)
    {
        try
        {
            Checks.Sent(message);
        }
        catch (ViolationException e)
        {
            _violation ??= e;
        }
    }

    public void Committed(SimService service) => Checks.Committed(service);

    public string NameOfQueue(string queue) => _queueNames.GetValueOrDefault(queue, queue);

    public string NameOf(HostId host) => Fleet[host].Name;

    /// <summary>A message in a few words.</summary>
    public string Describe(Envelope message) => MessageText.Of(this, message);
}
