namespace HvPlatform.Contracts.History;

/// <summary>Access stream: a join token was made.</summary>
public sealed record JoinTokenCreated
{
    /// <summary>The token's id; not its secret.</summary>
    public required JoinTokenId TokenId { get; init; }

    /// <summary>What the agent that joins with it is called.</summary>
    public string? Name { get; init; }

    /// <summary>Hosts that the platform knows already and that whoever joins with it is given.</summary>
    public required IReadOnlyList<HostId> HostIds { get; init; }

    /// <summary>Until when, UTC.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
