using HvPlatform.HostAgent;
using HvPlatform.Inventory;
using HvPlatform.MigrationSaga;
using HvPlatform.Orchestrator;
using HvPlatform.ServiceKit;
using HvPlatform.Telemetry;

return await HvHost.RunAsync(args, OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create(), TelemetryModule.Create(), HostAgentModule.Create());
