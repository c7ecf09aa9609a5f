namespace HvPlatform.Telemetry.Prometheus;

/// <summary><c>GET /metrics</c> in Prometheus' text format.</summary>
static class MetricsEndpoint
{
    public static void Map(WebApplication app)
    {
        // Made now, not at the first scrape: what is measured before a listener exists is lost.
        var collector = app.Services.GetRequiredService<PrometheusCollector>();
        app.Services.GetRequiredService<Facts.PlatformMetrics>();
        app.MapGet("/metrics", () => Results.Text(PrometheusText.Write(collector.Collect()), PrometheusText.ContentType)).ExcludeFromDescription();
    }
}
