namespace HvPlatform.Contracts.Packages;

/// <summary>An operator's word ended a doubt.</summary>
public sealed record PackageResolvedByOperator
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>What is asserted.</summary>
    public required PackageResolution Resolution { get; init; }

    /// <summary>What the platform did not know.</summary>
    public required string Unknown { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
