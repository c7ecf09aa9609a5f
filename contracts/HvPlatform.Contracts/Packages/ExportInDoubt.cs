namespace HvPlatform.Contracts.Packages;

/// <summary>The host does not say how the export stands.</summary>
public sealed record ExportInDoubt
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Since when, UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>What is not known, one sentence.</summary>
    public required string Unknown { get; init; }

    /// <summary>True if the host does not answer; false if what it answers does not settle it.</summary>
    public required bool HostSilent { get; init; }
}
