using HvPlatform.HostAgent;
using HvPlatform.ServiceKit;

return await HvHost.RunAsync(args, HostAgentModule.Create());
