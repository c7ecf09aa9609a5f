namespace HvPlatform.Contracts.Migrations;

/// <summary>Figures of a running transfer.</summary>
public sealed record MigrationProgress
{
    /// <summary>Pass over memory, from 1.</summary>
    public required int Round { get; init; }

    /// <summary>Memory and disk to move, bytes; may grow.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Moved so far, bytes; never shrinks.</summary>
    public required long TransferredBytes { get; init; }

    /// <summary>Known to be left, bytes.</summary>
    public required long RemainingBytes { get; init; }

    /// <summary>How fast the guest dirties memory.</summary>
    public long? DirtyBytesPerSecond { get; init; }

    /// <summary>Throughput.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>0 to 100, never goes back within one transfer.</summary>
    public required double Percent { get; init; }

    /// <summary>Since the transfer began, ms.</summary>
    public required long ElapsedMs { get; init; }
}
