using System.Diagnostics;
using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.ServiceKit.Outbox;

/// <summary>One message on its way into the outbox. Without <see cref="Queue"/> it is published.</summary>
internal sealed record OutboxMessage(Guid MessageId, Guid Key, string? Queue, string Type, string Body, DateTimeOffset? DueAt, Guid? Token);

/// <summary>One outbox row as the relay reads it.</summary>
internal sealed record OutboxRow(long Id, Guid MessageId, Guid Key, string? Queue, string Type, string Body, string? Headers);

/// <summary>What travels beside the body: the trace the message belongs to and what caused it.</summary>
internal sealed record OutboxHeaders
{
    /// <summary>W3C trace context.</summary>
    public string? TraceParent { get; init; }

    public string? TraceState { get; init; }

    /// <summary>The id that every message of one conversation shares.</summary>
    public Guid? ConversationId { get; init; }

    /// <summary>The message whose consumer wrote this one.</summary>
    public Guid? InitiatorId { get; init; }

    public static OutboxHeaders Current(Guid? conversationId, Guid? initiatorId) => new()
    {
        TraceParent = Activity.Current is { IdFormat: ActivityIdFormat.W3C } a ? a.Id : null,
        TraceState = Activity.Current?.TraceStateString,
        ConversationId = conversationId,
        InitiatorId = initiatorId,
    };

    public string ToJson() => JsonSerializer.Serialize(this, HvJson.Options);

    public static OutboxHeaders Parse(string? json) => json is null ? new() : JsonSerializer.Deserialize<OutboxHeaders>(json, HvJson.Options) ?? new();
}
