using HvPlatform.Contracts.Evacuations;

namespace HvPlatform.Contracts.History;

/// <summary>Host stream: its VMs are being moved away.</summary>
public sealed record HostEvacuationStarted
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>How.</summary>
    public required EvacuationSettings Settings { get; init; }

    /// <summary>VMs on it.</summary>
    public required int VmCount { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
