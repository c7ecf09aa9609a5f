namespace HvPlatform.Contracts.Packages;

/// <summary>How far the export is; published by the host's agent at most four times a second.</summary>
public sealed record ExportProgressed
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>How far.</summary>
    public required PackageProgress Progress { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
