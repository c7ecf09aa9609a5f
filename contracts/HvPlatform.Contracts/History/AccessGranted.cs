using HvPlatform.Contracts.Access;

namespace HvPlatform.Contracts.History;

/// <summary>Access stream: a person or a group of the issuer got a role.</summary>
public sealed record AccessGranted
{
    /// <summary>The grant.</summary>
    public required Guid GrantId { get; init; }

    /// <summary><c>user:SUB</c> or <c>group:CLAIM</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The resource group; * is all.</summary>
    public required string Group { get; init; }

    /// <summary>The role.</summary>
    public required AccessRole Role { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
