using HvPlatform.ServiceKit;
using HvPlatform.Telemetry;

return await HvHost.RunAsync(args, TelemetryModule.Create());
