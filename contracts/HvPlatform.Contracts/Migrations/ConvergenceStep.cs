namespace HvPlatform.Contracts.Migrations;

/// <summary>One rung of the ladder climbed by a transfer that does not end by itself.</summary>
public sealed record ConvergenceStep
{
    /// <summary>When, s after the transfer began.</summary>
    public required int AfterSeconds { get; init; }

    /// <summary>What.</summary>
    public required ConvergenceAction Action { get; init; }

    /// <summary>For <see cref="ConvergenceAction.RaiseDowntime"/>: the new limit, ms.</summary>
    public int? MaxDowntimeMs { get; init; }
}
