using HvPlatform.MigrationSaga;
using HvPlatform.ServiceKit;

return await HvHost.RunAsync(args, MigrationSagaModule.Create());
