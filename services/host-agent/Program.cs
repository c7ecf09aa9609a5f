using HvPlatform.HostAgent;
using HvPlatform.ServiceKit;

try
{
    return await HvHost.RunAsync(HostAgentArguments.ToConfiguration(args), HostAgentModule.Create());
}
catch (HvStartupException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
