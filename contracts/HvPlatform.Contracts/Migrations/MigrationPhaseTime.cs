namespace HvPlatform.Contracts.Migrations;

/// <summary>How long a phase took.</summary>
public sealed record MigrationPhaseTime
{
    /// <summary>The phase.</summary>
    public required MigrationPhase Phase { get; init; }

    /// <summary>Its duration, ms.</summary>
    public required long Ms { get; init; }
}
