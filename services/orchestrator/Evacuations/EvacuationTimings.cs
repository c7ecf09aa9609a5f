using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>Settings of evacuations, from the configuration section <c>Evacuations</c>.</summary>
internal sealed record EvacuationTimings
{
    /// <summary>Most moves at a time of all evacuations together.</summary>
    public int MaxFleetMoves { get; init; } = 20;

    /// <summary>How often an evacuation looks again, though nobody told it anything.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A VM whose first move failed is tried again after this long; twice as long after each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest such wait.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A VM that was moved and is seen on the host again counts as back only after this long: reports of before are on their way until then.</summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the end waits for moves on their way after the deadline, above all for those in doubt; then they are left to themselves.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Reads the section, defaults where it is silent.</summary>
    /// <exception cref="HvStartupException">A value cannot be used.</exception>
    public static EvacuationTimings From(IConfiguration configuration)
    {
        var timings = HvOptions.Read<EvacuationTimings>(configuration, "Evacuations");
        return timings.MaxFleetMoves >= 1 && timings.Interval > TimeSpan.Zero && timings.RetryDelay > TimeSpan.Zero && timings.MaxRetryDelay >= timings.RetryDelay
            && timings.SettleTime >= TimeSpan.Zero && timings.Grace >= TimeSpan.Zero
            ? timings
            : throw new HvStartupException("A setting cannot be used", "Evacuations",
                "MaxFleetMoves, Interval and RetryDelay must be positive, SettleTime and Grace not negative, and MaxRetryDelay not shorter than RetryDelay.", "Correct or remove it.");
    }

    /// <summary>How long to wait after this many failed attempts.</summary>
    public TimeSpan DelayAfter(int attempts)
    {
        var delay = RetryDelay;
        for (var i = 1; i < attempts && delay < MaxRetryDelay; i++)
        {
            delay *= 2;
        }

        return delay < MaxRetryDelay ? delay : MaxRetryDelay;
    }
}
