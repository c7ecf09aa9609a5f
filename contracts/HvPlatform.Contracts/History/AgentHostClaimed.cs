namespace HvPlatform.Contracts.History;

/// <summary>Access stream: an agent has a host that nobody had heard of, because it was the first to claim it.</summary>
public sealed record AgentHostClaimed
{
    /// <summary>The agent's id.</summary>
    public required AgentId AgentId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The host's name, as the agent says.</summary>
    public required string HostName { get; init; }

    /// <summary>The address the claim came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
