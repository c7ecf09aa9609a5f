using HvPlatform.Orchestrator;
using HvPlatform.ServiceKit;

return await HvHost.RunAsync(args, OrchestratorModule.Create());
