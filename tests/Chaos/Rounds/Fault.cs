using System.Text.RegularExpressions;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Chaos.Rounds;

/// <summary>What goes wrong. Everything that is killed is killed with -9, and started again after the outage as an init system would.</summary>
enum Fault
{
    /// <summary>Nothing: what the others are compared with.</summary>
    None,
    Orchestrator,
    Saga,
    Inventory,
    SourceAgent,
    DestinationAgent,
    SourceLibvirtd,
    DestinationLibvirtd,
    SourceQemu,
    DestinationQemu,
    RabbitMq,
    Postgres,

    /// <summary>Power loss: libvirtd, guests and agent of the host die together.</summary>
    SourcePower,
    DestinationPower,

    /// <summary>The network between the two hosts is cut.</summary>
    HostsLink,

    /// <summary>The network between an agent and the broker is cut.</summary>
    SourceAgentLink,
    DestinationAgentLink,
}

/// <summary>What is done in a round; all of it follows from the seed.</summary>
sealed record RoundPlan
{
    /// <summary>The phases of a migration that goes well, in order.</summary>
    public static readonly MigrationPhase[] Phases =
    [
        MigrationPhase.Preflight, MigrationPhase.Reserving, MigrationPhase.PreparingDestination, MigrationPhase.Transferring, MigrationPhase.Finishing, MigrationPhase.Confirming,
    ];

    public required Fault Fault { get; init; }

    public required MigrationPhase Phase { get; init; }

    /// <summary>How long the thing is away.</summary>
    public TimeSpan Outage { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>From the phase's beginning to the fault.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The fault comes while the host's libvirtd works on the phase's step, rather than before its agent has read the command.</summary>
    public bool InsideTheCall { get; init; }

    /// <summary>A cut network's connections do not survive the cut.</summary>
    public bool ConnectionsLost { get; init; }

    /// <summary>Whether the fault ends the guest's running process, so that the VM may stand still afterwards.</summary>
    public bool KillsTheGuest => Fault switch
    {
        Fault.SourceQemu or Fault.SourcePower => Phase <= MigrationPhase.Transferring,
        Fault.DestinationQemu or Fault.DestinationPower => Phase is MigrationPhase.Finishing or MigrationPhase.Confirming,
        _ => false,
    };

    /// <summary>Whether a host that must be asked where the VM is stays silent for so long that the migration has to say that it is in doubt.</summary>
    public bool MustBeInDoubt => Fault is Fault.DestinationPower && Phase == MigrationPhase.Transferring && Outage >= TimeSpan.FromSeconds(17);

    /// <summary>Whether there is such a thing in such a phase.</summary>
    public static bool IsPossible(Fault fault, MigrationPhase phase) => fault switch
    {
        Fault.None => false,
        Fault.SourceQemu => phase <= MigrationPhase.Transferring,
        Fault.DestinationQemu => phase is MigrationPhase.Transferring or MigrationPhase.Finishing or MigrationPhase.Confirming,
        _ => true,
    };

    /// <summary>A round's plan by chance.</summary>
    public static RoundPlan Choose(Random chance, Fault? fault, MigrationPhase? phase)
    {
        var possible = (from f in Enum.GetValues<Fault>() from p in Phases where (fault is null || f == fault) && (phase is null || p == phase) && IsPossible(f, p) select (f, p)).ToArray();
        var (chosen, when) = possible[chance.Next(possible.Length)];
        return new()
        {
            Fault = chosen,
            Phase = when,
            Outage = chosen is Fault.SourceQemu or Fault.DestinationQemu ? TimeSpan.Zero : TimeSpan.FromMilliseconds(chance.Next(5) == 0 ? chance.Next(15_000, 25_000) : chance.Next(300, 4000)),
            Delay = TimeSpan.FromMilliseconds(chance.Next(0, when == MigrationPhase.Transferring ? 1000 : 200)),
            InsideTheCall = chance.Next(2) == 0,
            ConnectionsLost = chance.Next(2) == 0,
        };
    }

    /// <summary>A fault as people write it: <c>source-agent</c>.</summary>
    public static string Name(Fault fault) => Regex.Replace($"{fault}", "(?<=[a-z])[A-Z]", m => "-" + m.Value).ToLowerInvariant();
}
