namespace HvPlatform.Contracts.History;

/// <summary>Host stream: no VM is placed on the host any more.</summary>
public sealed record HostMaintenanceEntered
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The evacuation it was for.</summary>
    public EvacuationId? EvacuationId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
