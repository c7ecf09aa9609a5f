namespace HvPlatform.Contracts.Packages;

/// <summary>Asks for an export or import to be undone. Refused with <c>CancelRejected</c>.</summary>
public sealed record CancelPackageOperation
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
