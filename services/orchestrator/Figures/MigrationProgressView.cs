namespace HvPlatform.Orchestrator.Figures;

/// <summary>The course of a migration's transfer, at most 600 points; the last one is always among them.</summary>
internal sealed record MigrationProgressView
{
    public required IReadOnlyList<MigrationPoint> Points { get; init; }
}

/// <summary>How far a transfer was at one moment.</summary>
internal sealed record MigrationPoint
{
    public required DateTimeOffset At { get; init; }

    public required long TransferredBytes { get; init; }

    public required long RemainingBytes { get; init; }

    public required long TotalBytes { get; init; }

    public long? BytesPerSecond { get; init; }

    /// <summary>How fast the guest dirties memory.</summary>
    public long? DirtyBytesPerSecond { get; init; }

    /// <summary>Until the end; one transfer in ten is faster.</summary>
    public double? EtaLowSeconds { get; init; }

    /// <summary>Until the end; nine transfers in ten are faster. Missing if it does not converge.</summary>
    public double? EtaHighSeconds { get; init; }

    /// <summary>0 to 100.</summary>
    public required double Percent { get; init; }
}
