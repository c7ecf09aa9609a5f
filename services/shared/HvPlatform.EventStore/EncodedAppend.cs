using System.Text.Json;

namespace HvPlatform.Events;

/// <summary>An append checked and serialised on its caller's thread, ready to be sent alone or among others.</summary>
sealed class EncodedAppend
{
    EncodedAppend(StreamAppend source, EncodedEvent[] events)
    {
        Source = source;
        Events = events;
    }

    internal StreamAppend Source { get; }

    internal EncodedEvent[] Events { get; }

    internal static EncodedAppend From(StreamAppend append, EventTypes types)
    {
        if (append.StreamId == Guid.Empty)
        {
            throw new ArgumentException("An append names no stream: StreamId is empty.");
        }

        ArgumentException.ThrowIfNullOrWhiteSpace(append.StreamType);
        if (append.ExpectedVersion < 0)
        {
            throw new ArgumentException($"ExpectedVersion {append.ExpectedVersion} of stream {append.StreamId} is negative; 0 = must not exist, null = any.");
        }

        var events = new EncodedEvent[append.Events.Count];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = EncodedEvent.From(append.Events[i], types);
        }

        return new EncodedAppend(append, events);
    }

    internal static EncodedAppend[] From(IReadOnlyList<StreamAppend> appends, EventTypes types)
    {
        var encoded = new EncodedAppend[appends.Count];
        for (var i = 0; i < encoded.Length; i++)
        {
            encoded[i] = From(appends[i], types);
        }

        return encoded;
    }
}

readonly record struct EncodedEvent(
    Guid Id, string Type, string DotnetType, byte[] Json, DateTimeOffset? Timestamp, string? CorrelationId, string? CausationId, byte[]? Headers)
{
    internal static EncodedEvent From(NewEvent e, EventTypes types)
    {
        var registration = types.Find(e.Data.GetType());
        return new EncodedEvent(
            Guid.CreateVersion7(), registration.Alias, registration.DotnetType, JsonSerializer.SerializeToUtf8Bytes(e.Data, registration.Type, types.JsonOptions),
            ToStoredPrecision(e.Timestamp), e.CorrelationId, e.CausationId, e.Headers is null ? null : JsonSerializer.SerializeToUtf8Bytes(e.Headers));
    }

    /// <summary>PostgreSQL keeps microseconds.</summary>
    static DateTimeOffset? ToStoredPrecision(DateTimeOffset? timestamp) =>
        timestamp is { } t ? new DateTimeOffset(t.UtcTicks - (t.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero) : null;
}
