namespace HvPlatform.Contracts.Evacuations;

/// <summary>Asks for an evacuation to end. Answer: <see cref="EvacuationEnded"/>, when the moves on their way have ended, or <see cref="EvacuationRejected"/>.</summary>
public sealed record CancelEvacuation
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>Cancel the migrations on their way too.</summary>
    public bool CancelMoves { get; init; } = false;

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
