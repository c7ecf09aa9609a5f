namespace HvPlatform.Contracts.Packages;

/// <summary>The orchestrator passes an operator's word on to the saga.</summary>
public sealed record ResolveExportRequested
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What is so.</summary>
    public required PackageResolution Resolution { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
