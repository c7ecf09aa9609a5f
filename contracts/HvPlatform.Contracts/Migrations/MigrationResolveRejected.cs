namespace HvPlatform.Contracts.Migrations;

/// <summary>An operator's word was not needed or came too late.</summary>
public sealed record MigrationResolveRejected
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Why, and what to do.</summary>
    public required ErrorInfo Error { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
