using HvPlatform.Contracts;
using HvPlatform.ServiceKit;
using HvPlatform.Telemetry.Facts;
using HvPlatform.Telemetry.Prometheus;
using MassTransit;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HvPlatform.Telemetry;

/// <summary>The telemetry service as a list of its parts. It has no database: its figures begin when it starts, as those of any Prometheus target do.</summary>
public static class TelemetryModule
{
    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "telemetry",
        AddServices = builder =>
        {
            builder.Services.TryAddSingleton(TimeProvider.System);
            builder.Services.AddSingleton<HostReachability>();
            builder.Services.AddSingleton<PlatformMetrics>();
            builder.Services.AddSingleton<PrometheusCollector>();
        },
        AddConsumers = bus => bus.AddConsumer<FactsConsumer>(),
        Endpoints = [new HvEndpoint(Queues.Telemetry, (context, endpoint) => endpoint.ConfigureConsumer<FactsConsumer>(context)) { Transactional = false }],
        Map = MetricsEndpoint.Map,
    };
}
