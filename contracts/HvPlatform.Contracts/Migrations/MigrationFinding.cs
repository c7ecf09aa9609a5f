namespace HvPlatform.Contracts.Migrations;

/// <summary>One result of a pre-flight check.</summary>
public sealed record MigrationFinding
{
    /// <summary>Which check: <c>vm-exists</c>, <c>vm-running</c>, <c>cpu-model</c>, <c>disks-reachable</c>, <c>name-free</c>, <c>uuid-free</c>, <c>memory-fits</c>, <c>machine-type</c>, <c>facet</c>.</summary>
    public required string Check { get; init; }

    /// <summary>Whether it passed.</summary>
    public required bool Passed { get; init; }

    /// <summary>What was found, and what to do if it failed.</summary>
    public required string Detail { get; init; }
}
