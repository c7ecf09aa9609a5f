namespace HvPlatform.Contracts.History;

/// <summary>Host stream: VMs are moved again.</summary>
public sealed record HostEvacuationResumed
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
