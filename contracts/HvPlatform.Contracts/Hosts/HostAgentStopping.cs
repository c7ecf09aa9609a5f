namespace HvPlatform.Contracts.Hosts;

/// <summary>The agent is stopping in good order: the host is not down, only unmanaged until the agent returns.</summary>
public sealed record HostAgentStopping
{
    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
