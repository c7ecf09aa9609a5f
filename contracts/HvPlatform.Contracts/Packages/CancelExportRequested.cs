namespace HvPlatform.Contracts.Packages;

/// <summary>The orchestrator passes a cancel on to the saga.</summary>
public sealed record CancelExportRequested
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
