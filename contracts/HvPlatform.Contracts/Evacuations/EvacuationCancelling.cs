namespace HvPlatform.Contracts.Evacuations;

/// <summary>No move is started any more; the evacuation ends when those on their way have ended.</summary>
public sealed record EvacuationCancelling
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>The host that is emptied.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The migrations on their way are cancelled too.</summary>
    public required bool CancelMoves { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
