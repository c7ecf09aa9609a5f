namespace HvPlatform.Contracts.Migrations;

/// <summary>Asks for a migration to be undone. Sent to the orchestrator, which passes it to the saga.</summary>
public sealed record CancelMigration
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
