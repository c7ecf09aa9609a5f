using HvPlatform.Contracts;
using HvPlatform.Events;
using HvPlatform.Inventory.Access;
using HvPlatform.Inventory.Alerts;
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
            bus.AddConsumer<RecordAccess>();
            bus.AddConsumer<RecordReport>();
            bus.AddConsumer<RecordVm>();
            bus.AddConsumer<RecordOperation>();
            bus.AddConsumer<RecordAlert>();
        },
        Endpoints =
        [
            new HvEndpoint(Queues.Inventory, (context, endpoint) =>
            {
                endpoint.ConfigureConsumer<RecordHost>(context);
                endpoint.ConfigureConsumer<RecordMaintenance>(context);
                endpoint.ConfigureConsumer<RecordAccess>(context);
                endpoint.ConfigureConsumer<RecordReport>(context);
                endpoint.ConfigureConsumer<RecordVm>(context);
                endpoint.ConfigureConsumer<RecordOperation>(context);
                endpoint.ConfigureConsumer<RecordAlert>(context);
            }),
        ],
    };

    static void AddServices(IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(InventoryOptions.From(builder.Configuration));
        builder.Services.AddKeyedSingleton(Schema, (services, _) =>
            new EventStore(services.GetRequiredKeyedService<ServiceDatabase>(Schema).DataSource, InventoryEvents.Types()));
        builder.Services.AddSingleton(services => new InventoryWriter(services.GetRequiredKeyedService<EventStore>(Schema)));
        builder.Services.AddSingleton<ReadModelRebuild>();
        builder.Services.AddSingleton<Sweep>();
        builder.Services.AddHostedService<RebuildAtStart>();
        builder.Services.AddHostedService<Sweeper>();
    }
}
