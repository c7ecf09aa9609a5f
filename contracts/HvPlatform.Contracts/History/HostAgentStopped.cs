namespace HvPlatform.Contracts.History;

/// <summary>Host stream: the agent stopped in good order; its VMs run on, unmanaged.</summary>
public sealed record HostAgentStopped
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
