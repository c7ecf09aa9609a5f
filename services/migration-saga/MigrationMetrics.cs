using System.Diagnostics.Metrics;
using HvPlatform.ServiceKit.Telemetry;

namespace HvPlatform.MigrationSaga;

/// <summary>The saga's own figures.</summary>
static class MigrationMetrics
{
    static readonly Counter<long> IgnoredMessages = HvTelemetry.Meter.CreateCounter<long>("hv.migration.ignored", description: "Messages that changed nothing in a migration, by message and reason");
    static readonly Counter<long> RearmedTimers = HvTelemetry.Meter.CreateCounter<long>("hv.migration.timers_rearmed", description: "Migrations whose timer was lost and armed again");

    public static void Ignored(string message, string reason) => IgnoredMessages.Add(1, new("message", message), new("reason", reason));

    public static void Rearmed(int count) => RearmedTimers.Add(count);
}
