namespace HvPlatform.Contracts.Packages;

/// <summary>Where and how a VM is exported.</summary>
public sealed record ExportSettings
{
    /// <summary>A directory on the host (or a share it reaches) below one of its export roots; it must not hold an export already.</summary>
    public required string Directory { get; init; }

    /// <summary>How much.</summary>
    public ExportMode Mode { get; init; } = ExportMode.Full;

    /// <summary>Whether a saved VM's memory goes along.</summary>
    public bool RuntimeState { get; init; }

    /// <summary>Which snapshots go along.</summary>
    public ExportSnapshots Snapshots { get; init; } = ExportSnapshots.All;

    /// <summary>The snapshot of <see cref="ExportSnapshots.One"/>.</summary>
    public string? SnapshotId { get; init; }
}
