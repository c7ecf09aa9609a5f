namespace HvPlatform.Contracts.History;

/// <summary>Access stream: a webhook was made: from now on events are posted to it.</summary>
public sealed record WebhookCreated
{
    /// <summary>The webhook's id.</summary>
    public required Guid WebhookId { get; init; }

    /// <summary>Where deliveries are posted, without what follows a question mark: that may be a secret.</summary>
    public required string Url { get; init; }

    /// <summary>The event types it wants; empty for all.</summary>
    public required IReadOnlyList<string> Types { get; init; }

    /// <summary>Only events about this VM.</summary>
    public Guid? Vm { get; init; }

    /// <summary>Only events about this host.</summary>
    public Guid? Host { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
