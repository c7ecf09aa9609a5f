namespace HvPlatform.Contracts.Packages;

/// <summary>An operator's word on an export or import in doubt. Refused with <see cref="PackageResolveRejected"/>.</summary>
public sealed record ResolvePackageOperation
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What is so.</summary>
    public required PackageResolution Resolution { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
