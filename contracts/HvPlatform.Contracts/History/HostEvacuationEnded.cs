using HvPlatform.Contracts.Evacuations;

namespace HvPlatform.Contracts.History;

/// <summary>Host stream: the evacuation's one terminal event, with what became of each VM.</summary>
public sealed record HostEvacuationEnded
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>Completed, CompletedWithFailures or Cancelled.</summary>
    public required EvacuationStatus Status { get; init; }

    /// <summary>Each VM.</summary>
    public required IReadOnlyList<EvacuationVmResult> Vms { get; init; }

    /// <summary>From the request to the end, ms.</summary>
    public required long TotalMs { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
