namespace HvPlatform.Contracts.Evacuations;

/// <summary>No further move is started.</summary>
public sealed record EvacuationPaused
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
