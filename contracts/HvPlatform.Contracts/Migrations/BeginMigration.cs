namespace HvPlatform.Contracts.Migrations;

/// <summary>Starts the migration saga. Sent by the orchestrator in the transaction that accepted the request.</summary>
public sealed record BeginMigration
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Its name, for messages to people.</summary>
    public required string VmName { get; init; }

    /// <summary>Where it runs.</summary>
    public required HostId SourceHostId { get; init; }

    /// <summary>Where to.</summary>
    public required HostId DestinationHostId { get; init; }

    /// <summary>The ownership epoch granted to the operation.</summary>
    public required long Epoch { get; init; }

    /// <summary>How.</summary>
    public required MigrationPolicy Policy { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
