namespace HvPlatform.Contracts.Evacuations;

/// <summary>Nothing more is tried for a VM of an evacuation.</summary>
public sealed record EvacuationVmEnded
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>The host that is emptied.</summary>
    public required HostId HostId { get; init; }

    /// <summary>What became of it.</summary>
    public required EvacuationVmResult Result { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
