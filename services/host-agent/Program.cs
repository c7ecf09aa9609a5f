using HvPlatform.HostAgent;
using HvPlatform.HostAgent.Joining;
using HvPlatform.ServiceKit;

try
{
    if (args is ["join", ..])
    {
        await JoinCommand.RunAsync(args[1..], Console.In, Console.Out, TimeProvider.System, CancellationToken.None);
        return 0;
    }

    return await HvHost.RunAsync(JoinedAgent.Complete(HostAgentArguments.ToConfiguration(args)), HostAgentModule.Create());
}
catch (HvStartupException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
