namespace HvPlatform.Contracts.Evacuations;

/// <summary>Asks for no further move to be started. Answer: <see cref="EvacuationPaused"/> or <see cref="EvacuationRejected"/>.</summary>
public sealed record PauseEvacuation
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
