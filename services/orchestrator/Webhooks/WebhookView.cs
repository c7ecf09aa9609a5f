using System.Text.Json.Serialization;
using HvPlatform.Orchestrator.Events;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>A webhook as the API shows it.</summary>
internal sealed record WebhookView
{
    public required Guid Id { get; init; }

    public required string Url { get; init; }

    /// <summary>The event types it wants; empty for all.</summary>
    public required IReadOnlyList<string> Types { get; init; }

    /// <summary>Only events about this VM.</summary>
    public Guid? Vm { get; init; }

    /// <summary>Only events about this host.</summary>
    public Guid? Host { get; init; }

    public string? Description { get; init; }

    /// <summary>What deliveries are signed with; only in the answer to the request that made it.</summary>
    public string? Secret { get; init; }

    /// <summary>The position in the history up to which events were taken for it.</summary>
    public required long Position { get; init; }

    /// <summary>Deliveries that wait.</summary>
    public required long Pending { get; init; }

    /// <summary>Deliveries that were given up.</summary>
    public required long Dead { get; init; }

    public DateTimeOffset? PausedAt { get; init; }

    public string? PausedReason { get; init; }

    public required string CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Its tag: what was asked for, and whether it is paused; not how far it is.</summary>
    public string Etag() => ETags.OfParts(Resources.Serialize((object)new { UpdatedAt, PausedAt }), Resources.Serialize(this with { Secret = null }));
}

/// <summary>Where a delivery stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WebhookDeliveryStatus>))]
internal enum WebhookDeliveryStatus
{
    /// <summary>It waits, or is tried again.</summary>
    Pending,

    /// <summary>The endpoint answered with 2xx.</summary>
    Delivered,

    /// <summary>Given up.</summary>
    Dead,
}

/// <summary>A delivery as the API shows it.</summary>
internal sealed record WebhookDeliveryView
{
    public required Guid Id { get; init; }

    /// <summary>The event's position in the history; absent for a test.</summary>
    public long? Seq { get; init; }

    public required string Type { get; init; }

    public required WebhookDeliveryStatus Status { get; init; }

    public required int Attempts { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is tried next, if it waits.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    public DateTimeOffset? LastAttemptAt { get; init; }

    /// <summary>The last answer's HTTP status; absent if there was none.</summary>
    public int? LastStatus { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public string? LastError { get; init; }

    public DateTimeOffset? DeliveredAt { get; init; }
}

/// <summary>What is posted.</summary>
internal sealed record WebhookBody
{
    /// <summary>The same at each attempt: what was seen before may be left out.</summary>
    public required Guid DeliveryId { get; init; }

    public required Guid WebhookId { get; init; }

    /// <summary>The event's type, or <c>webhook_test</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The event, as <c>GET /v1/events</c> tells it; absent in a test.</summary>
    public HistoryEvent? Event { get; init; }
}
