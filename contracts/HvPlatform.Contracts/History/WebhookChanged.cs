namespace HvPlatform.Contracts.History;

/// <summary>Access stream: a webhook is like this from now on.</summary>
public sealed record WebhookChanged
{
    /// <summary>The webhook's id.</summary>
    public required Guid WebhookId { get; init; }

    /// <summary>Where deliveries are posted, without what follows a question mark: that may be a secret.</summary>
    public required string Url { get; init; }

    /// <summary>The event types it wants; empty for all.</summary>
    public required IReadOnlyList<string> Types { get; init; }

    /// <summary>Nothing is posted.</summary>
    public required bool Paused { get; init; }

    /// <summary>Its deliveries are signed with a new secret from now on.</summary>
    public required bool SecretReplaced { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
