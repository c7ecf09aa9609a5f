using HvPlatform.Orchestrator;
using HvPlatform.Orchestrator.Agents;
using HvPlatform.ServiceKit;

return args is ["ca", ..]
    ? CaCommand.Run(args[1..], TimeProvider.System, Console.Out, Console.Error)
    : await HvHost.RunAsync(args, OrchestratorModule.Create());
