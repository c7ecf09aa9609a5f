namespace HvPlatform.Contracts.History;

/// <summary>Every event type of the history, registered by hand: what a reader of the streams in schema <c>inventory</c> must know.</summary>
public static class HistoryEvents
{
    /// <summary>The types. Stored under their names in snake_case (<c>vm_state_changed</c>), members in camelCase (<see cref="HvJson"/>).</summary>
    public static IReadOnlyList<Type> All { get; } =
    [
        typeof(VmDiscovered),
        typeof(VmStateChanged),
        typeof(VmReconfigured),
        typeof(VmPlacementAdded),
        typeof(VmPlacementRemoved),
        typeof(VmMoved),
        typeof(VmMarkedMissing),
        typeof(VmReturned),
        typeof(VmDeleted),
        typeof(VmDuplicateDetected),
        typeof(VmDuplicateResolved),
        typeof(VmOperationAccepted),
        typeof(VmOperationSucceeded),
        typeof(VmOperationFailed),
        typeof(VmMigrationStarted),
        typeof(VmMigrationPhaseChanged),
        typeof(VmMigrationCompleted),
        typeof(VmMigrationRolledBack),
        typeof(VmMigrationFailed),
        typeof(VmMigrationInDoubt),
        typeof(HostJoined),
        typeof(HostCapabilitiesChanged),
        typeof(HostUnreachable),
        typeof(HostReachable),
        typeof(HostAgentStopped),
        typeof(HostReportFailed),
        typeof(HostReportRecovered),
        typeof(HostGenerationRestarted),
        typeof(OperationRequested),
        typeof(OperationBegan),
        typeof(OperationPhaseEntered),
        typeof(OperationWentInDoubt),
        typeof(OperationEnded),
        typeof(OperationCancelRefused),
        typeof(OperationRefused),
        typeof(OperationForecast),
        typeof(OperationResolvedByOperator),
        typeof(VmCommandFenced),
        typeof(HostMaintenanceEntered),
        typeof(HostMaintenanceLeft),
        typeof(HostEvacuationStarted),
        typeof(HostEvacuationPaused),
        typeof(HostEvacuationResumed),
        typeof(HostEvacuationEnded),
    ];
}
