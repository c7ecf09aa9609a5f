using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Events;

namespace HvPlatform.Inventory;

/// <summary>The events of the inventory's streams, for its own writers and for readers that want them as objects.</summary>
public static class InventoryEvents
{
    /// <summary>The event types of the streams in schema <c>inventory</c>; the same as <see cref="HistoryEvents.All"/>.</summary>
    public static EventTypes Types() => new EventTypes(HvJson.Options)
        .Add<VmDiscovered>()
        .Add<VmStateChanged>()
        .Add<VmReconfigured>()
        .Add<VmPlacementAdded>()
        .Add<VmPlacementRemoved>()
        .Add<VmMoved>()
        .Add<VmMarkedMissing>()
        .Add<VmReturned>()
        .Add<VmDeleted>()
        .Add<VmDuplicateDetected>()
        .Add<VmDuplicateResolved>()
        .Add<VmOperationAccepted>()
        .Add<VmOperationSucceeded>()
        .Add<VmOperationFailed>()
        .Add<VmMigrationStarted>()
        .Add<VmMigrationPhaseChanged>()
        .Add<VmMigrationCompleted>()
        .Add<VmMigrationRolledBack>()
        .Add<VmMigrationFailed>()
        .Add<VmMigrationInDoubt>()
        .Add<HostJoined>()
        .Add<HostCapabilitiesChanged>()
        .Add<HostUnreachable>()
        .Add<HostReachable>()
        .Add<HostAgentStopped>()
        .Add<HostReportFailed>()
        .Add<HostReportRecovered>()
        .Add<HostGenerationRestarted>()
        .Add<OperationRequested>()
        .Add<OperationBegan>()
        .Add<OperationPhaseEntered>()
        .Add<OperationWentInDoubt>()
        .Add<OperationEnded>()
        .Add<OperationCancelRefused>()
        .Add<OperationRefused>()
        .Add<OperationForecast>()
        .Add<OperationResolvedByOperator>()
        .Add<OperationResolveRefused>()
        .Add<VmCommandFenced>()
        .Add<HostMaintenanceEntered>()
        .Add<HostMaintenanceLeft>()
        .Add<HostEvacuationStarted>()
        .Add<HostEvacuationPaused>()
        .Add<HostEvacuationResumed>()
        .Add<HostEvacuationCancelling>()
        .Add<HostEvacuationEnded>()
        .Add<AlertRaised>()
        .Add<AlertAcknowledged>()
        .Add<AlertCleared>();
}
