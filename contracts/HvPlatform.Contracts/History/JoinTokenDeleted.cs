namespace HvPlatform.Contracts.History;

/// <summary>Access stream: a join token was deleted; nobody joins with it any more.</summary>
public sealed record JoinTokenDeleted
{
    /// <summary>The token's id.</summary>
    public required JoinTokenId TokenId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
