namespace HvPlatform.MigrationSaga;

/// <summary>The service's settings, section <c>MigrationSaga</c>.</summary>
public sealed record MigrationSagaOptions
{
    /// <summary>How long an ended migration and its record are kept, days.</summary>
    public int RetentionDays { get; init; } = 30;

    /// <summary>How often lost timers are looked for, s.</summary>
    public int SweepSeconds { get; init; } = 30;

    /// <summary>A timer that should have fired this long ago counts as lost, s.</summary>
    public int TimerLostAfterSeconds { get; init; } = 60;
}
