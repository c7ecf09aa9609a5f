using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: an operator's word ended a doubt.</summary>
public sealed record OperationResolvedByOperator
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM it is about.</summary>
    public required VmId VmId { get; init; }

    /// <summary>What was asserted.</summary>
    public required MigrationResolution Resolution { get; init; }

    /// <summary>What the platform did not know.</summary>
    public required string Unknown { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
