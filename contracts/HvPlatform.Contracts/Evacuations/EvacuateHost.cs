namespace HvPlatform.Contracts.Evacuations;

/// <summary>Asks the orchestrator to put a host into maintenance and move every VM away. The sender chooses the id: the same command again starts nothing. Answer: <see cref="EvacuationStarted"/> or <see cref="EvacuationRejected"/>.</summary>
public sealed record EvacuateHost
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>The host that is emptied.</summary>
    public required HostId HostId { get; init; }

    /// <summary>How.</summary>
    public EvacuationSettings Settings { get; init; } = new();

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
