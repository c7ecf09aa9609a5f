namespace HvPlatform.Contracts.History;

/// <summary>Host stream: someone ends the evacuation; no further VM is moved.</summary>
public sealed record HostEvacuationCancelling
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>The migrations on their way are cancelled too.</summary>
    public required bool CancelMoves { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
