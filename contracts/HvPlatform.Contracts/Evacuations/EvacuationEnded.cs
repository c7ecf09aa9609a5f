namespace HvPlatform.Contracts.Evacuations;

/// <summary>Terminal: nothing more is done by this evacuation. The host stays in maintenance.</summary>
public sealed record EvacuationEnded
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>The host that is emptied.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Completed, CompletedWithFailures or Cancelled.</summary>
    public required EvacuationStatus Status { get; init; }

    /// <summary>Each VM.</summary>
    public required IReadOnlyList<EvacuationVmResult> Vms { get; init; }

    /// <summary>From the request to this event, ms.</summary>
    public required long TotalMs { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
