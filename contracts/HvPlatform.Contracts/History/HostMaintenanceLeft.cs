namespace HvPlatform.Contracts.History;

/// <summary>Host stream: VMs may be placed on the host again.</summary>
public sealed record HostMaintenanceLeft
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
