using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>What an evacuation is decided by, read in one transaction.</summary>
internal sealed record FleetFacts
{
    /// <summary>The host that is emptied.</summary>
    public required FleetHost Source { get; init; }

    /// <summary>Every other host.</summary>
    public required IReadOnlyList<FleetHost> Hosts { get; init; }

    /// <summary>VMs on the source, and those of the evacuation wherever they are. One that is not here is not known any more.</summary>
    public required IReadOnlyList<FleetVm> Vms { get; init; }

    /// <summary>The evacuation's own migrations that it holds to be on their way.</summary>
    public IReadOnlyDictionary<OperationId, MoveState> Moves { get; init; } = new Dictionary<OperationId, MoveState>();

    /// <summary>Moves of all evacuations.</summary>
    public int FleetMoves { get; init; }

    /// <summary>Operations that will bring a VM to the source: accepted before it entered maintenance.</summary>
    public int Inbound { get; init; }
}

/// <summary>A host, as far as placing VMs depends on it.</summary>
internal sealed record FleetHost
{
    public required HostId Id { get; init; }

    public required string Name { get; init; }

    public required HypervisorKind Kind { get; init; }

    /// <summary>Memory that VMs may still take: after VMs, reservations, moves that have not reserved yet, and headroom.</summary>
    public required long FreeMiB { get; init; }

    public required IReadOnlyList<string> Facets { get; init; }

    /// <summary>Online, or in which way it is not.</summary>
    public required string Status { get; init; }

    public bool InMaintenance { get; init; }
}

/// <summary>A VM, as far as moving it depends on it.</summary>
internal sealed record FleetVm
{
    public required VmId Id { get; init; }

    public required string Name { get; init; }

    public required HostId HostId { get; init; }

    public required VmState State { get; init; }

    public required long MemoryMiB { get; init; }

    public bool Deleted { get; init; }

    /// <summary>Its host's last complete report lacks it.</summary>
    public bool Missing { get; init; }

    public bool RunsTwice { get; init; }

    /// <summary>The operation that holds it.</summary>
    public OperationId? BusyWith { get; init; }

    public required DateTimeOffset ObservedAt { get; init; }
}

/// <summary>How one migration of an evacuation stands.</summary>
internal sealed record MoveState(OperationStatus Status, DateTimeOffset? FinishedAt, ErrorInfo? Error);
