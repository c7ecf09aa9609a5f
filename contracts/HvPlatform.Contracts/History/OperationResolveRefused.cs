namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: an operator's word on a doubt was not needed, came too late or was contradicted by a host; nothing was done.</summary>
public sealed record OperationResolveRefused
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM it is about.</summary>
    public required VmId VmId { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why, and what to do.</summary>
    public required ErrorInfo Error { get; init; }
}
