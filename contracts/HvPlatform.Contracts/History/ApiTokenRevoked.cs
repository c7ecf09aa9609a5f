namespace HvPlatform.Contracts.History;

/// <summary>Access stream: an API token is good for nothing any more.</summary>
public sealed record ApiTokenRevoked
{
    /// <summary>The token's id.</summary>
    public required Guid TokenId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
