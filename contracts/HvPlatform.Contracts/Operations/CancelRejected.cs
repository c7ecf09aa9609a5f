namespace HvPlatform.Contracts.Operations;

/// <summary>A cancel request came too late or for an operation that cannot be cancelled.</summary>
public sealed record CancelRejected
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why the operation goes on.</summary>
    public required ErrorInfo Error { get; init; }
}
