using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Events;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Operations;
using HvPlatform.Inventory.Rebuilding;
using HvPlatform.Inventory.Storage;
using HvPlatform.Inventory.Sweeping;
using HvPlatform.Inventory.Vms;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Inventory;

/// <summary>The inventory service as a list of its parts.</summary>
public static class InventoryModule
{
    /// <summary>The schema with the event streams and the read models.</summary>
    public const string Schema = "inventory";

    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "inventory",
        Schema = Schema,
        SqlAssembly = typeof(InventoryModule).Assembly,
        AddServices = AddServices,
        AddConsumers = bus =>
        {
            bus.AddConsumer<RecordHost>();
            bus.AddConsumer<RecordMaintenance>();
            bus.AddConsumer<RecordReport>();
            bus.AddConsumer<RecordVm>();
            bus.AddConsumer<RecordOperation>();
        },
        Endpoints =
        [
            new HvEndpoint(Queues.Inventory, (context, endpoint) =>
            {
                endpoint.ConfigureConsumer<RecordHost>(context);
                endpoint.ConfigureConsumer<RecordMaintenance>(context);
                endpoint.ConfigureConsumer<RecordReport>(context);
                endpoint.ConfigureConsumer<RecordVm>(context);
                endpoint.ConfigureConsumer<RecordOperation>(context);
            }),
        ],
    };

    /// <summary>The event types of the streams in <see cref="Schema"/>; the same as <see cref="HistoryEvents.All"/>.</summary>
    public static EventTypes EventTypes() => new EventTypes(HvJson.Options)
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
        .Add<HostEvacuationEnded>();

    static void AddServices(IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(InventoryOptions.From(builder.Configuration));
        builder.Services.AddKeyedSingleton(Schema, (services, _) =>
            new EventStore(services.GetRequiredKeyedService<ServiceDatabase>(Schema).DataSource, EventTypes()));
        builder.Services.AddSingleton(services => new InventoryWriter(services.GetRequiredKeyedService<EventStore>(Schema)));
        builder.Services.AddSingleton<ReadModelRebuild>();
        builder.Services.AddSingleton<Sweep>();
        builder.Services.AddHostedService<RebuildAtStart>();
        builder.Services.AddHostedService<Sweeper>();
    }
}
