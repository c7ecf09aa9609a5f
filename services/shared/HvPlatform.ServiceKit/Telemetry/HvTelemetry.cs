using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace HvPlatform.ServiceKit.Telemetry;

/// <summary>Where every service's own spans and metrics come from.</summary>
public static class HvTelemetry
{
    /// <summary>The name of the source and the meter.</summary>
    public const string Name = "HvPlatform";

    /// <summary>Spans of ours.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>Metrics of ours.</summary>
    public static Meter Meter { get; } = new(Name);
}
