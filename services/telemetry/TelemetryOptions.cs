using HvPlatform.ServiceKit;

namespace HvPlatform.Telemetry;

/// <summary>Settings under <c>Hv:Telemetry</c>.</summary>
internal sealed record TelemetryOptions
{
    /// <summary>How long samples are kept as they came: <c>Hv:Telemetry:KeepSamples</c>.</summary>
    public TimeSpan KeepSamples { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long their means of a minute are kept.</summary>
    public TimeSpan KeepMinutes { get; init; } = TimeSpan.FromDays(2);

    /// <summary>How long their means of a quarter of an hour are kept, and the course of migrations.</summary>
    public TimeSpan KeepQuarters { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often the alerts are reviewed.</summary>
    public TimeSpan AlertInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the lengths of error queues are looked at for the alerts; of those that are not there, every eleventh time.</summary>
    public TimeSpan QueueInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Reads the section, defaults where it is silent.</summary>
    /// <exception cref="HvStartupException">A value cannot be used.</exception>
    public static TelemetryOptions From(IConfiguration configuration)
    {
        var options = HvOptions.Read<TelemetryOptions>(configuration, "Hv:Telemetry");
        return options.KeepSamples >= TimeSpan.FromMinutes(15) && options.KeepMinutes >= options.KeepSamples && options.KeepQuarters >= options.KeepMinutes && options.KeepMinutes >= TimeSpan.FromHours(1) && options.AlertInterval > TimeSpan.Zero && options.QueueInterval > TimeSpan.Zero
            ? options
            : throw new HvStartupException("A setting cannot be used", "Hv:Telemetry",
                "KeepSamples must be at least 15 minutes, KeepMinutes at least an hour, AlertInterval and QueueInterval above 0, and of KeepSamples, KeepMinutes and KeepQuarters none shorter than the one before.", "Correct or remove it.");
    }
}
