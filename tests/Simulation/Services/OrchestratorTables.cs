using System.Collections.Immutable;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Simulation.Services;

/// <summary>The orchestrator's tables as one value: a transaction works on its own and the commit puts it in place.</summary>
sealed record OrchestratorTables
{
    public ImmutableDictionary<OperationId, Operation> Operations { get; init; } = ImmutableDictionary<OperationId, Operation>.Empty;

    public ImmutableDictionary<OperationId, DateTimeOffset> PhaseAt { get; init; } = ImmutableDictionary<OperationId, DateTimeOffset>.Empty;

    public ImmutableDictionary<VmId, OperationId> Locks { get; init; } = ImmutableDictionary<VmId, OperationId>.Empty;

    public ImmutableDictionary<VmId, long> Epochs { get; init; } = ImmutableDictionary<VmId, long>.Empty;

    public ImmutableDictionary<OperationId, Reservation> Reservations { get; init; } = ImmutableDictionary<OperationId, Reservation>.Empty;

    public ImmutableDictionary<OperationId, ReservationWait> Waits { get; init; } = ImmutableDictionary<OperationId, ReservationWait>.Empty;

    public ImmutableDictionary<VmId, VmFact> Facts { get; init; } = ImmutableDictionary<VmId, VmFact>.Empty;
}

/// <summary>A row of <c>vm_facts</c>.</summary>
sealed record VmFact(string Name, HostId Host, VmState State, bool Deleted, DateTimeOffset At);
