namespace HvPlatform.Contracts.Migrations;

/// <summary>The destination is ready.</summary>
public sealed record MigrationDestinationPrepared
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Where its hypervisor listens.</summary>
    public required string MigrationUri { get; init; }
}
