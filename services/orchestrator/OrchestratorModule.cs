using System.Text.Json.Serialization;
using HvPlatform.Contracts;
using HvPlatform.Events;
using HvPlatform.Inventory;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Agents;
using HvPlatform.Orchestrator.Alerts;
using HvPlatform.Orchestrator.Dashboard;
using HvPlatform.Orchestrator.Evacuations;
using HvPlatform.Orchestrator.Events;
using HvPlatform.Orchestrator.Figures;
using HvPlatform.Orchestrator.Fleet;
using HvPlatform.Orchestrator.Hosts;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Live;
using HvPlatform.Orchestrator.Migrations;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.Packages;
using HvPlatform.Orchestrator.Questions;
using HvPlatform.Orchestrator.Vms;
using HvPlatform.Orchestrator.Webhooks;
using HvPlatform.ServiceKit;
using MassTransit;
using Npgsql;

namespace HvPlatform.Orchestrator;

/// <summary>The orchestrator service as a list of its parts.</summary>
public static class OrchestratorModule
{
    /// <summary>The schema it owns.</summary>
    public const string Schema = "orchestrator";

    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "orchestrator",
        Schema = Schema,
        SqlAssembly = typeof(OrchestratorModule).Assembly,
        DefaultUrl = "http://127.0.0.1:8080",
        Messages = [typeof(OperationWatchdogElapsed), typeof(EvacuationTimerElapsed)],
        AddServices = AddServices,
        AddConsumers = AddConsumers,
        Endpoints = [new HvEndpoint(Queues.Orchestrator, ConfigureQueue)],
        Map = Map,
    };

    static void AddServices(IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        var options = OrchestratorOptions.From(builder.Configuration);
        services.AddSingleton(options);
        AccessModule.AddServices(builder, options.Access);
        AgentsModule.AddServices(services, options);
        services.AddSingleton<OperationAcceptor>();
        services.AddSingleton<OperationWatchdog>();
        services.AddSingleton<VmCommandHandler>();
        services.AddSingleton<VmOutcomeHandler>();
        services.AddSingleton<MigrationOutcomeHandler>();
        services.AddSingleton<PackageOutcomeHandler>();
        services.AddSingleton<ReservationHandler>();
        services.AddSingleton(EvacuationTimings.From(builder.Configuration));
        services.AddSingleton<EvacuationHandler>();
        services.AddSingleton<CommandPipeline>();
        services.AddSingleton<HostQuestions>();
        services.AddSingleton<EventStreamLimit>();
        services.AddKeyedSingleton(EventFeed.StoreKey, (_, _) => History(builder.Configuration));
        services.AddSingleton<EventFeed>();
        services.AddHostedService(p => p.GetRequiredService<EventFeed>());
        services.AddSingleton<LiveFeed>();
        services.AddHostedService(p => p.GetRequiredService<LiveFeed>());
        services.AddSingleton<WebhookStore>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookDeliverer>();
        services.AddHostedService(p => p.GetRequiredService<WebhookDeliverer>());
        services.AddSingleton<IdempotencyCleanUp>();
        services.AddHostedService(p => p.GetRequiredService<IdempotencyCleanUp>());
        services.AddOpenApi("v1", ApiDocument.Configure);
        services.ConfigureHttpJsonOptions(o =>
        {
            // For the API document only: bodies are read by JsonBody and written with HvJson.
            o.SerializerOptions.DefaultIgnoreCondition = HvJson.Options.DefaultIgnoreCondition;
            o.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
    }

    static void AddConsumers(IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<VmCommandConsumer>();
        bus.AddConsumer<VmOutcomeConsumer>();
        bus.AddConsumer<MigrationOutcomeConsumer>();
        bus.AddConsumer<PackageOutcomeConsumer>();
        bus.AddConsumer<ReservationConsumer>();
        bus.AddConsumer<OperationWatchdogConsumer>();
        bus.AddConsumer<EvacuationConsumer>();
    }

    static void ConfigureQueue(IBusRegistrationContext context, IReceiveEndpointConfigurator queue)
    {
        queue.ConfigureConsumer<VmCommandConsumer>(context);
        queue.ConfigureConsumer<VmOutcomeConsumer>(context);
        queue.ConfigureConsumer<MigrationOutcomeConsumer>(context);
        queue.ConfigureConsumer<PackageOutcomeConsumer>(context);
        queue.ConfigureConsumer<ReservationConsumer>(context);
        queue.ConfigureConsumer<OperationWatchdogConsumer>(context);
        queue.ConfigureConsumer<EvacuationConsumer>(context);
    }

    static void Map(WebApplication app)
    {
        AccessModule.Use(app);
        app.MapOpenApi("/openapi/{documentName}.json");
        var v1 = app.MapGroup("/v1").AddEndpointFilter<ApiFilter>();
        GetFleet.Map(v1);
        GetDiff.Map(v1);
        ListHosts.Map(v1);
        GetHost.Map(v1);
        ListVms.Map(v1);
        GetVm.Map(v1);
        ReadHistories.Map(v1);
        DefineVm.Map(v1);
        VmLifecycle.Map(v1);
        HostReads.Map(v1);
        StartMigration.Map(v1);
        ListMigrations.Map(v1);
        GetMigration.Map(v1);
        CancelMigration.Map(v1);
        ResolveMigration.Map(v1);
        StartExport.Map(v1);
        StartImport.Map(v1);
        CancelPackage.Map(v1);
        ResolvePackage.Map(v1);
        HostMaintenance.Map(v1);
        StartEvacuation.Map(v1);
        ReadEvacuations.Map(v1);
        ChangeEvacuation.Map(v1);
        GetVmMetrics.Map(v1);
        GetHostMetrics.Map(v1);
        GetMigrationProgress.Map(v1);
        ListAlerts.Map(v1);
        AcknowledgeAlert.Map(v1);
        ListOperations.Map(v1);
        GetOperation.Map(v1);
        StreamEvents.Map(v1);
        AccessModule.Map(v1);
        WebhookApi.Map(v1);
        AgentsModule.Map(v1);
        NoSuchEndpoint.Map(v1);
        ServeDashboard.Map(app);
    }

    /// <summary>The event streams that the inventory owns; only read here.</summary>
    static EventStore History(IConfiguration configuration)
    {
        var connection = new NpgsqlConnectionStringBuilder(configuration["Hv:Database"]) { SearchPath = "inventory", MaxPoolSize = 8, ApplicationName = "hv-orchestrator-history" };
        return new EventStore(NpgsqlDataSource.Create(connection), InventoryEvents.Types());
    }
}
