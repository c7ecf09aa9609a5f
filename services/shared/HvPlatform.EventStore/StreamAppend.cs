using System.Text.Json.Nodes;

namespace HvPlatform.Events;

/// <summary>
/// What to append to one stream. Without events it is only a check: with <see cref="ExpectedVersion"/> it makes the whole call depend on a stream's version.
/// </summary>
public sealed record StreamAppend
{
    /// <summary>The stream: a VM's, host's or operation's id.</summary>
    public required Guid StreamId { get; init; }

    /// <summary>What kind of stream it is, for example <c>vm</c>. The first append sets it; later ones do not change it.</summary>
    public required string StreamType { get; init; }

    /// <summary>The version the stream must have now: null = any, 0 = it must not exist.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>In order. The first one gets the version after the stream's present one.</summary>
    public required IReadOnlyList<NewEvent> Events { get; init; }
}

/// <summary>One event to append.</summary>
/// <param name="Data">An instance of a type registered in <see cref="EventTypes"/>.</param>
/// <param name="Timestamp">When it happened (kept to the microsecond). Null: the database server's clock under the append lock, so it never runs against the order.</param>
/// <param name="CorrelationId">The operation or request it belongs to.</param>
/// <param name="CausationId">The message that caused it.</param>
/// <param name="Headers">Anything else, as a JSON object.</param>
public sealed record NewEvent(
    object Data, DateTimeOffset? Timestamp = null, string? CorrelationId = null, string? CausationId = null, JsonObject? Headers = null);

/// <summary>Where an append ended up.</summary>
/// <param name="StreamId">The stream.</param>
/// <param name="Version">The stream's version after it.</param>
/// <param name="LastSeq">The global position of its last event; 0 if it had no events.</param>
public sealed record AppendResult(Guid StreamId, long Version, long LastSeq);

/// <summary>A stream as a whole.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Type">Its kind, set by the first append.</param>
/// <param name="Version">The number of its events.</param>
/// <param name="CreatedAt">When the first event was stored.</param>
/// <param name="UpdatedAt">When the last event was stored.</param>
public sealed record StreamState(Guid Id, string? Type, long Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
