using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Figures;

/// <summary>A host's figures over time. A step of which nothing is known has no point.</summary>
internal sealed record HostMetricsView
{
    public required HostId HostId { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    public required int StepSeconds { get; init; }

    public required IReadOnlyList<HostPoint> Points { get; init; }
}

/// <summary>Means of one step.</summary>
internal sealed record HostPoint
{
    /// <summary>The step's beginning.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Of all its processors in use, 0-100.</summary>
    public double? CpuPercent { get; init; }

    public long? MemoryUsedMiB { get; init; }

    public long? MemoryTotalMiB { get; init; }

    public required int RunningVms { get; init; }
}
