namespace HvPlatform.Contracts.Migrations;

/// <summary>The orchestrator passes an operator's word on to the saga.</summary>
public sealed record ResolveMigrationRequested
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What is asserted.</summary>
    public required MigrationResolution Resolution { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
