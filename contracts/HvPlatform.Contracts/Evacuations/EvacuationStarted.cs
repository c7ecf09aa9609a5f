namespace HvPlatform.Contracts.Evacuations;

/// <summary>A host is being emptied; it is in maintenance.</summary>
public sealed record EvacuationStarted
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>The host that is emptied.</summary>
    public required HostId HostId { get; init; }

    /// <summary>How.</summary>
    public required EvacuationSettings Settings { get; init; }

    /// <summary>VMs on it.</summary>
    public required int VmCount { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
