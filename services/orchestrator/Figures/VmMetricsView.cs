using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Figures;

/// <summary>A VM's figures over time. A step of which nothing is known has no point: a gap, not a zero.</summary>
internal sealed record VmMetricsView
{
    public required VmId VmId { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    public required int StepSeconds { get; init; }

    public required IReadOnlyList<VmPoint> Points { get; init; }
}

/// <summary>Means of one step.</summary>
internal sealed record VmPoint
{
    /// <summary>The step's beginning.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Of its virtual processors in use, 0-100.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Memory of the host that it holds.</summary>
    public long? MemoryUsedMiB { get; init; }

    public long? DiskReadBytesPerSecond { get; init; }

    public long? DiskWriteBytesPerSecond { get; init; }

    public long? NetReceivedBytesPerSecond { get; init; }

    public long? NetSentBytesPerSecond { get; init; }
}
