using HvPlatform.MigrationSaga;
using HvPlatform.MigrationSaga.Record;
using HvPlatform.ServiceKit;

if (args is ["replay", .. var rest])
{
    return await ReplayCommand.RunAsync(rest, new ConfigurationBuilder().AddEnvironmentVariables().Build(), Console.Out, CancellationToken.None);
}

return await HvHost.RunAsync(args, MigrationSagaModule.Create());
