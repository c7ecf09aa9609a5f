using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HvPlatform.Events;

/// <summary>
/// One event as stored. <see cref="Data"/> is made from the JSON when first asked for, so that passing events on raw costs nothing, and an event of
/// a type this process does not know can be read, counted and passed on.
/// </summary>
public sealed class StoredEvent
{
    readonly EventTypes _types;
    readonly byte[]? _headers;
    readonly long? _seq;
    readonly long? _version;
    readonly DateTimeOffset? _timestamp;
    object? _data;

    internal StoredEvent(
        EventTypes types, long? seq, Guid id, Guid streamId, string? streamType, long? version, string type, DateTimeOffset? timestamp,
        string? correlationId, string? causationId, byte[]? headers, byte[] json)
    {
        _types = types;
        _seq = seq;
        Id = id;
        StreamId = streamId;
        StreamType = streamType;
        _version = version;
        Type = type;
        _timestamp = timestamp;
        CorrelationId = correlationId;
        CausationId = causationId;
        _headers = headers;
        Utf8Json = json;
    }

    /// <summary>The global position. A higher one was committed later.</summary>
    public long Seq => _seq ?? throw Unknown(nameof(Seq));

    /// <summary>The event's own id.</summary>
    public Guid Id { get; }

    /// <summary>The stream it belongs to.</summary>
    public Guid StreamId { get; }

    /// <summary>The stream's kind.</summary>
    public string? StreamType { get; }

    /// <summary>The position within the stream, from 1.</summary>
    public long Version => _version ?? throw Unknown(nameof(Version));

    /// <summary>The alias as stored; for an old version the old one.</summary>
    public string Type { get; }

    /// <summary>When it happened, as said by the writer, else when it was stored; UTC.</summary>
    public DateTimeOffset Timestamp => _timestamp ?? throw Unknown(nameof(Timestamp));

    /// <summary>The operation or request it belongs to.</summary>
    public string? CorrelationId { get; }

    /// <summary>The message that caused it.</summary>
    public string? CausationId { get; }

    /// <summary>The headers, parsed anew at each call.</summary>
    public JsonObject? Headers => _headers is null ? null : JsonNode.Parse(_headers)!.AsObject();

    /// <summary>The data as stored: JSON in UTF-8.</summary>
    public ReadOnlyMemory<byte> Utf8Json { get; }

    /// <summary>The data as stored, as text.</summary>
    public string Json => Encoding.UTF8.GetString(Utf8Json.Span);

    /// <summary>The data as stored, parsed anew at each call.</summary>
    public JsonElement Element
    {
        get
        {
            var reader = new Utf8JsonReader(Utf8Json.Span);
            return JsonElement.ParseValue(ref reader);
        }
    }

    /// <summary>The data in its present version, upcast if need be. Throws <see cref="UnknownEventTypeException"/>.</summary>
    public object Data => TryGetData() ?? throw new UnknownEventTypeException(Type, _seq is { } seq ? $" (seq {seq}, stream {StreamId}, version {_version})" : null);

    /// <summary>As <see cref="Data"/>, but null for an unknown type.</summary>
    public object? TryGetData() => _data ??= _types.Read(Type, Utf8Json.Span);

    static InvalidOperationException Unknown(string what) =>
        new($"{what} is not known: this event is enlisted in a transaction that has not run yet. A projection used with CreateAppendCommands must not read it.");
}
