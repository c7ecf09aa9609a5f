namespace HvPlatform.Contracts.History;

/// <summary>Access stream: a resource group is gone; what was in it is in the group default.</summary>
public sealed record ResourceGroupRemoved
{
    /// <summary>The group's name.</summary>
    public required string Group { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
