namespace HvPlatform.Contracts.Packages;

/// <summary>An operator's word was not acted on.</summary>
public sealed record PackageResolveRejected
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Why.</summary>
    public required ErrorInfo Error { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
