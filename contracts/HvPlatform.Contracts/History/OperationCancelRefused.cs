namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: a request to cancel came too late; the operation goes on.</summary>
public sealed record OperationCancelRefused
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What is wrong and what to do.</summary>
    public required ErrorInfo Error { get; init; }
}
