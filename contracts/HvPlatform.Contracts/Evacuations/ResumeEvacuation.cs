namespace HvPlatform.Contracts.Evacuations;

/// <summary>Asks a paused evacuation to go on. Answer: <see cref="EvacuationResumed"/> or <see cref="EvacuationRejected"/>.</summary>
public sealed record ResumeEvacuation
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
