using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace HvPlatform.ServiceKit.Telemetry;

/// <summary>
/// Traces, metrics and logs by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; nothing otherwise. The libraries emit their own spans and metrics
/// (ASP.NET Core, HttpClient, Npgsql, MassTransit), so no instrumentation packages are needed.
/// </summary>
internal static class HvTelemetryExport
{
    static readonly string[] Sources = [HvTelemetry.Name, "MassTransit", "Npgsql", "Microsoft.AspNetCore", "System.Net.Http"];
    static readonly string[] Meters = [HvTelemetry.Name, "MassTransit", "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    public static void Add(WebApplicationBuilder builder, IReadOnlyList<HvModule> modules)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        var resource = ResourceBuilder.CreateDefault()
            .AddService(modules.Count == 1 ? modules[0].Name : "all-in-one", "hvplatform", typeof(HvTelemetry).Assembly.GetName().Version?.ToString())
            .AddEnvironmentVariableDetector();
        builder.Services.AddHostedService(_ => new Providers(
            Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources).AddOtlpExporter().Build(),
            Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddOtlpExporter().Build()));
        builder.Logging.AddOpenTelemetry(o => o.SetResourceBuilder(resource).AddOtlpExporter());
    }

    /// <summary>Owns the providers: made when the process starts, flushed when it ends.</summary>
    sealed class Providers(TracerProvider traces, MeterProvider metrics) : IHostedService, IDisposable
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
            traces.Dispose();
            metrics.Dispose();
        }
    }
}
