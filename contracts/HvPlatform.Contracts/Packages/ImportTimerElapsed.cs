namespace HvPlatform.Contracts.Packages;

/// <summary>The saga's own timer.</summary>
public sealed record ImportTimerElapsed
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The number of the timer; an older one no longer counts.</summary>
    public required long Timer { get; init; }
}
