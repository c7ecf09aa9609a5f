namespace HvPlatform.Contracts.Packages;

/// <summary>A host's agent answers what it has of an export.</summary>
public sealed record VmExportInspected
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The round of the question.</summary>
    public required int Round { get; init; }

    /// <summary>What there is.</summary>
    public required PackagePresence Presence { get; init; }

    /// <summary>What the export holds, if it is whole.</summary>
    public PackageManifest? Manifest { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
