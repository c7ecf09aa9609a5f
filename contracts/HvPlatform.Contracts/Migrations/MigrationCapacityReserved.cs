namespace HvPlatform.Contracts.Migrations;

/// <summary>The orchestrator set the room aside until the operation's terminal event.</summary>
public sealed record MigrationCapacityReserved
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The share of the hosts' migration bandwidth that is granted, MiB/s; null for no limit.</summary>
    public int? BandwidthMiBps { get; init; }
}
