namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>How patient the saga is. Values, so that tests and the simulation can be less so.</summary>
public sealed record MigrationTimings
{
    /// <summary>A step without an answer is sent again after this long. The host's journal makes a repeat harmless.</summary>
    public TimeSpan Reissue { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A step (other than the transfer) without an answer for this long has failed.</summary>
    public TimeSpan StepDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often both hosts are asked how a running transfer stands, in case its end was lost.</summary>
    public TimeSpan TransferCheck { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Beyond the policy's own limit, how long the source may take to stop a transfer that ran out of time.</summary>
    public TimeSpan TransferGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Before a step that failed for a passing reason is tried again.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two rounds of questions.</summary>
    public TimeSpan InquiryBackoffLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An inquiry open for this long is made known as <c>InDoubt</c>.</summary>
    public TimeSpan InDoubtAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a step that fails for a passing reason is tried.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>The defaults.</summary>
    public static MigrationTimings Default { get; } = new();
}
