using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.Simulation.Bus;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation.Matrix;

/// <summary>What can happen to a host or between the two.</summary>
enum HostFault
{
    SourceLosesPower = 0,
    DestinationLosesPower = 1,
    BothLosePower = 2,
    SourceHypervisorDies = 3,
    DestinationHypervisorDies = 4,
    LinkIsCut = 5,
}

/// <summary>One run: this happens to a host as the migration enters the step's phase.</summary>
sealed record HostCell(MatrixStep Step, HostFault Fault)
{
    /// <summary>The transfer is the only time at which the hosts talk to each other.</summary>
    public string? NotApplicable => Fault == HostFault.LinkIsCut && Step.Name is not ("transfer" or "abort") ? "c" : null;
}

/// <summary>Strikes as a migration comes to a step: half a second after its first request left.</summary>
sealed class HostAdversary(World world, HostCell cell) : IAdversary
{
    static readonly TimeSpan s_away = TimeSpan.FromSeconds(60);

    public bool Struck { get; private set; }

    public AgentNode? Source { get; set; }

    public AgentNode? Destination { get; set; }

    public Fate OnEnqueue(string queue, Envelope message)
    {
        if (!Struck && cell.Fault == HostFault.LinkIsCut && message.Type == typeof(TransferVm))
        {
            Struck = true;
            world.AsHypervisor(() => Source!.Host.Inject(new SimulatedTransferFault(SimulatedTransferFaultKind.LinkCut, 30)));
        }
        else if (!Struck && message.Type == cell.Step.Request)
        {
            Struck = true;
            world.Scheduler.After(cell.Step.Name is "transfer" ? TimeSpan.FromSeconds(3) : TimeSpan.FromTicks(1), null, "strike", Strike);
        }

        return default;
    }

    public WorkFault OnWork(string service, Envelope message) => WorkFault.None;

    public bool OnAgentTake(string agent, Envelope message) => true;

    public bool OnLeave(Envelope message) => true;

    void Strike()
    {
        var incidents = new Incidents(world);
        if (cell.Fault is HostFault.SourceLosesPower or HostFault.BothLosePower)
        {
            incidents.PowerLoss(Source!.Host, s_away);
        }

        if (cell.Fault is HostFault.DestinationLosesPower or HostFault.BothLosePower)
        {
            incidents.PowerLoss(Destination!.Host, s_away);
        }

        if (cell.Fault is HostFault.SourceHypervisorDies or HostFault.DestinationHypervisorDies)
        {
            world.AsHypervisor((cell.Fault == HostFault.SourceHypervisorDies ? Source! : Destination!).Host.LoseConnections);
        }
    }
}
