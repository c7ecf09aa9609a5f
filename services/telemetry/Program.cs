using HvPlatform.Telemetry;
using HvPlatform.ServiceKit;

return await HvHost.RunAsync(args, TelemetryModule.Create());
