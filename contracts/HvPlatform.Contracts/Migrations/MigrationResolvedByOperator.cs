namespace HvPlatform.Contracts.Migrations;

/// <summary>An operator's word ended a doubt: who, why, and what was not known at the time.</summary>
public sealed record MigrationResolvedByOperator
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>What is asserted.</summary>
    public required MigrationResolution Resolution { get; init; }

    /// <summary>What the platform did not know.</summary>
    public required string Unknown { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
