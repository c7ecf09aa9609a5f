using HvPlatform.Contracts.Access;

namespace HvPlatform.Contracts.History;

/// <summary>Access stream: an API token was made.</summary>
public sealed record ApiTokenCreated
{
    /// <summary>The token's id; not its secret.</summary>
    public required Guid TokenId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do.</summary>
    public required AccessRole Role { get; init; }

    /// <summary>In which resource groups; * is all.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>Until when, UTC.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
