namespace HvPlatform.Contracts.Migrations;

/// <summary>Before the start: will the transfer end, how long will it take, how long will the guest pause?</summary>
public sealed record MigrationForecast
{
    /// <summary>Whether it ends under the policy; null if that cannot be told.</summary>
    public bool? Converges { get; init; }

    /// <summary>Duration that one transfer in ten stays below, ms.</summary>
    public long? TotalP10Ms { get; init; }

    /// <summary>Duration that nine transfers in ten stay below, ms.</summary>
    public long? TotalP90Ms { get; init; }

    /// <summary>The pause at the switch-over, ms.</summary>
    public long? DowntimeMs { get; init; }

    /// <summary>The dirty rate reckoned with, MiB/s.</summary>
    public double? DirtyRateMiBps { get; init; }

    /// <summary>The bandwidth reckoned with, MiB/s.</summary>
    public double? BandwidthMiBps { get; init; }

    /// <summary>One sentence for a person: the verdict and its reason, and what to change if it does not converge.</summary>
    public required string Verdict { get; init; }
}
