using HvPlatform.Contracts;
using HvPlatform.ServiceKit;
using HvPlatform.Telemetry.Alerts;
using HvPlatform.Telemetry.Facts;
using HvPlatform.Telemetry.Prometheus;
using HvPlatform.Telemetry.Samples;
using MassTransit;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HvPlatform.Telemetry;

/// <summary>
/// The telemetry service as a list of its parts. What it shows at <c>/metrics</c> begins when it starts, as with any Prometheus target; samples of hosts and
/// VMs are in its database.
/// </summary>
public static class TelemetryModule
{
    /// <summary>The schema it owns.</summary>
    public const string Schema = "telemetry";

    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "telemetry",
        Schema = Schema,
        SqlAssembly = typeof(TelemetryModule).Assembly,
        AddServices = builder =>
        {
            builder.Services.TryAddSingleton(TimeProvider.System);
            builder.Services.AddSingleton<HostReachability>();
            builder.Services.AddSingleton<PlatformMetrics>();
            builder.Services.AddSingleton<PrometheusCollector>();
            builder.Services.AddSingleton(TelemetryOptions.From(builder.Configuration));
            builder.Services.AddSingleton<FigureBuffer>();
            builder.Services.AddSingleton<SampleUpkeep>();
            builder.Services.AddHostedService(p => p.GetRequiredService<SampleUpkeep>());
            builder.Services.AddHostedService<FigureWriter>();
            builder.Services.AddSingleton<QueueWatch>();
            builder.Services.AddHostedService(p => p.GetRequiredService<QueueWatch>());
            builder.Services.AddSingleton<AlertBook>();
            builder.Services.AddHostedService<AlertWatch>();
        },
        AddConsumers = bus =>
        {
            bus.AddConsumer<FactsConsumer>();
            bus.AddConsumer<FigureConsumer>();
            bus.AddConsumer<AlertConsumer>();
        },
        Endpoints =
        [
            new HvEndpoint(Queues.Telemetry, (context, endpoint) =>
            {
                endpoint.ConfigureConsumer<FactsConsumer>(context);
                endpoint.ConfigureConsumer<AlertConsumer>(context);
            })
            { Transactional = false },
            new HvEndpoint(Queues.Samples, (context, endpoint) => endpoint.ConfigureConsumer<FigureConsumer>(context))
            {
                Transactional = false,
                Limits = new(FigureBuffer.Capacity, TimeSpan.FromMinutes(1)),
            },
        ],
        Map = MetricsEndpoint.Map,
    };
}
