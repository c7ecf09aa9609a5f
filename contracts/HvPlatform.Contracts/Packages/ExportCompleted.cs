namespace HvPlatform.Contracts.Packages;

/// <summary>The export is whole.</summary>
public sealed record ExportCompleted
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Where.</summary>
    public required string Directory { get; init; }

    /// <summary>What it holds; null if only an operator's word says that it is there.</summary>
    public PackageManifest? Manifest { get; init; }

    /// <summary>From the beginning, ms.</summary>
    public required long TotalMs { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
