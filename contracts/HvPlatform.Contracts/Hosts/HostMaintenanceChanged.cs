namespace HvPlatform.Contracts.Hosts;

/// <summary>A host entered or left maintenance: while in it, no VM is placed on it.</summary>
public sealed record HostMaintenanceChanged
{
    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>True if it entered.</summary>
    public required bool InMaintenance { get; init; }

    /// <summary>The evacuation it entered for.</summary>
    public EvacuationId? EvacuationId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
