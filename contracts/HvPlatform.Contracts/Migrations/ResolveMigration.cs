namespace HvPlatform.Contracts.Migrations;

/// <summary>Ends a migration in doubt by an operator's word. Sent to the orchestrator, which passes it to the saga.</summary>
public sealed record ResolveMigration
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What is asserted.</summary>
    public required MigrationResolution Resolution { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
