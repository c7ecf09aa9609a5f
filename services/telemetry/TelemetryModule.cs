using HvPlatform.ServiceKit;

namespace HvPlatform.Telemetry;

/// <summary>The telemetry service as a list of its parts.</summary>
public static class TelemetryModule
{
    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "telemetry",
    };
}
