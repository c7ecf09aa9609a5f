namespace HvPlatform.Contracts.Evacuations;

/// <summary>Moves are started again.</summary>
public sealed record EvacuationResumed
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>The host that is emptied.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
