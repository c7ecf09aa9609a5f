namespace HvPlatform.Contracts.History;

/// <summary>Access stream: an agent was given a host that the platform knew already.</summary>
public sealed record AgentHostApproved
{
    /// <summary>The agent's id.</summary>
    public required AgentId AgentId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The host's name.</summary>
    public required string HostName { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
