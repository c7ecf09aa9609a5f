namespace HvPlatform.Contracts.History;

/// <summary>Access stream: a webhook was removed with all that waited for it.</summary>
public sealed record WebhookDeleted
{
    /// <summary>The webhook's id.</summary>
    public required Guid WebhookId { get; init; }

    /// <summary>Where deliveries are posted, without what follows a question mark: that may be a secret.</summary>
    public required string Url { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
