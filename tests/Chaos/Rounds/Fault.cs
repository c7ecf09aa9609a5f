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

    /// <summary>This soon after its beginning no transfer has ended; later it may have switched over to the destination.</summary>
    static readonly TimeSpan s_surelyTransferring = TimeSpan.FromSeconds(1);

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

    /// <summary>Another harm while the first one is not yet overcome; none of those that end the guest.</summary>
    public Fault Second { get; init; }

    /// <summary>From the first harm to the second.</summary>
    public TimeSpan SecondDelay { get; init; }

    /// <summary>The faults as people read them.</summary>
    public string FaultNames => Second == Fault.None ? Name(Fault) : $"{Name(Fault)} + {Name(Second)}";

    /// <summary>Whether the fault may have ended the guest's running process, so that the VM stands still afterwards.</summary>
    public bool MayEndTheGuest => Fault switch
    {
        Fault.SourceQemu or Fault.SourcePower => Phase <= MigrationPhase.Transferring,
        Fault.DestinationQemu or Fault.DestinationPower => Phase > MigrationPhase.Transferring || Delay > s_surelyTransferring,
        _ => false,
    };

    /// <summary>As <see cref="MayEndTheGuest"/>, now that the end is known: a guest that stayed is not harmed by what befell the destination, nor one that went by what befell the source.</summary>
    public bool MayStandStill(string? outcome) => MayEndTheGuest && (Fault, outcome) switch
    {
        (Fault.DestinationQemu or Fault.DestinationPower, "RolledBack" or "Cancelled") => false,
        (Fault.SourceQemu or Fault.SourcePower, "Succeeded") => false,
        _ => true,
    };

    /// <summary>Whether a host that must be asked where the VM is stays silent for so long that the migration has to say that it is in doubt.</summary>
    /// <remarks>
    /// A destination that is gone ends the transfer, and the question is asked at once; a source that is gone is missed only when the transfer is next checked.
    /// </remarks>
    public bool MustBeInDoubt => Phase == MigrationPhase.Transferring && Delay <= s_surelyTransferring && Fault switch
    {
        Fault.DestinationPower => Outage >= TimeSpan.FromSeconds(17),
        Fault.SourcePower or Fault.SourceAgent or Fault.SourceAgentLink => Outage >= TimeSpan.FromSeconds(45),
        _ => false,
    };

    /// <summary>Whether there is such a thing in such a phase.</summary>
    public static bool IsPossible(Fault fault, MigrationPhase phase) => fault switch
    {
        Fault.None => false,
        Fault.SourceQemu => phase <= MigrationPhase.Transferring,
        Fault.DestinationQemu => phase is MigrationPhase.Transferring or MigrationPhase.Finishing or MigrationPhase.Confirming,
        _ => true,
    };

    /// <summary>A round's plan by chance.</summary>
    public static RoundPlan Choose(Random chance, ChaosOptions options)
    {
        var (fault, phase, outage) = (options.Fault, options.Phase, options.Outage);
        var possible = (from f in Enum.GetValues<Fault>() from p in Phases where (fault is null || f == fault) && (phase is null || p == phase) && IsPossible(f, p) select (f, p)).ToArray();
        var (chosen, when) = possible[chance.Next(possible.Length)];
        var plan = new RoundPlan
        {
            Fault = chosen,
            Phase = when,
            Outage = outage ?? (chosen is Fault.SourceQemu or Fault.DestinationQemu ? TimeSpan.Zero : TimeSpan.FromMilliseconds(chance.Next(5) == 0 ? chance.Next(15_000, 25_000) : chance.Next(300, 4000))),
            Delay = TimeSpan.FromMilliseconds(chance.Next(0, when == MigrationPhase.Transferring ? 5000 : 200)),
            InsideTheCall = chance.Next(2) == 0,
            ConnectionsLost = chance.Next(2) == 0,
        };
        Fault[] second = [.. Enum.GetValues<Fault>().Where(f => f != chosen && f is not (Fault.None or Fault.SourceQemu or Fault.DestinationQemu or Fault.SourcePower or Fault.DestinationPower))];
        return options.Faults == 1 ? plan : plan with { Second = second[chance.Next(second.Length)], SecondDelay = TimeSpan.FromMilliseconds(chance.Next(0, 5000)) };
    }

    /// <summary>A fault as people write it: <c>source-agent</c>.</summary>
    public static string Name(Fault fault) => Regex.Replace($"{fault}", "(?<=[a-z])[A-Z]", m => "-" + m.Value).ToLowerInvariant();
}
