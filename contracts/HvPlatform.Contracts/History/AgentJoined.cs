namespace HvPlatform.Contracts.History;

/// <summary>Access stream: an agent has joined with a token and has its first certificate.</summary>
public sealed record AgentJoined
{
    /// <summary>The agent's id.</summary>
    public required AgentId AgentId { get; init; }

    /// <summary>The machine it runs on, as it says.</summary>
    public required string HostName { get; init; }

    /// <summary>The token it joined with.</summary>
    public required JoinTokenId TokenId { get; init; }

    /// <summary>Who made the token.</summary>
    public required string TokenCreatedBy { get; init; }

    /// <summary>Hosts that the token has given it.</summary>
    public required IReadOnlyList<HostId> HostIds { get; init; }

    /// <summary>The address it came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
