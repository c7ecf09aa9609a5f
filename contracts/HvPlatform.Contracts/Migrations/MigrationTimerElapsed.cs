namespace HvPlatform.Contracts.Migrations;

/// <summary>The saga's own durable timer. A timer of an earlier step is ignored.</summary>
public sealed record MigrationTimerElapsed
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The number of the step the timer was armed for.</summary>
    public required long Timer { get; init; }
}
