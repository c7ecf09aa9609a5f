namespace HvPlatform.Contracts.History;

/// <summary>Access stream: an agent was cut off for good.</summary>
public sealed record AgentRevoked
{
    /// <summary>The agent's id.</summary>
    public required AgentId AgentId { get; init; }

    /// <summary>The machine it ran on.</summary>
    public required string HostName { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
