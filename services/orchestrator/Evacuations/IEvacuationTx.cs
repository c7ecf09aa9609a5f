using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>
/// What evacuations need beside <see cref="IOrchestratorTx"/>, in the same transaction. Two implementations are possible, as there: <see cref="EvacuationTx"/>
/// over PostgreSQL, and one over memory for a simulation.
/// </summary>
internal interface IEvacuationTx
{
    /// <summary>The transaction.</summary>
    IOrchestratorTx Orchestrator { get; }

    /// <summary>Makes this the only transaction about any evacuation until it ends: so limits of the whole fleet hold, and two of them do not choose one host's last room.</summary>
    Task LockAsync(CancellationToken cancellationToken);

    /// <summary>The evacuation with its VMs.</summary>
    Task<Evacuation?> FindAsync(EvacuationId id, CancellationToken cancellationToken);

    /// <summary>The host's evacuation that has not ended.</summary>
    Task<EvacuationId?> FindOpenAsync(HostId host, CancellationToken cancellationToken);

    /// <summary>The evacuation that waits for this migration.</summary>
    Task<EvacuationId?> FindByMoveAsync(OperationId operation, CancellationToken cancellationToken);

    /// <summary>Writes what has changed since <paramref name="before"/>; all of it if that is null.</summary>
    Task SaveAsync(Evacuation? before, Evacuation after, CancellationToken cancellationToken);

    /// <summary>The fleet as it is, seen from a host; null if the host is not known.</summary>
    Task<FleetFacts?> ReadFleetAsync(HostId source, Evacuation? evacuation, long headroomMiB, CancellationToken cancellationToken);

    /// <summary>Notes that the host is in maintenance; false if it was so before.</summary>
    Task<bool> EnterMaintenanceAsync(HostId host, Trail trail, EvacuationId? evacuation, CancellationToken cancellationToken);

    /// <summary>Notes that the host is not in maintenance; false if it was so before.</summary>
    Task<bool> LeaveMaintenanceAsync(HostId host, CancellationToken cancellationToken);
}
