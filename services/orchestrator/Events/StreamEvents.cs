using System.Globalization;
using System.Text;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Live;
using Npgsql;

namespace HvPlatform.Orchestrator.Events;

/// <summary>
/// <c>GET /v1/events</c>: the history as server-sent events, in commit order, none skipped and none twice. Each event's id is its position; a client that
/// reconnects with Last-Event-ID (browsers do by themselves) goes on right after it. Heartbeats carry the position too, so that a
/// narrow filter does not make a reconnecting client read everything again. With <c>live=true</c> transient events are told in between.
/// </summary>
internal static class StreamEvents
{
    const string LastEventId = "Last-Event-ID";

    /// <summary>Characters of transient events written at a time: the history has its turn between them.</summary>
    const int MostAtOnce = 64 * 1024;

    static readonly IReadOnlyList<QueryParameter> Parameters =
    [
        new("types", "Only these event types, separated by commas, for example vm_state_changed.") { Values = EventFilter.AllTypes, Many = true },
        new("vm", "Only events about this VM.", "string", "uuid"),
        new("host", "Only events about this host.", "string", "uuid"),
        new("after", "Begin after this position; for clients that cannot set Last-Event-ID. Without either, only what happens from now on.", "integer", "int64"),
        new("live", "Also what is told only to those who listen now, without an id and never again: operation_changed, migration_progressed, and with vm or host vm_sampled.", "boolean"),
    ];

    public static void Map(RouteGroupBuilder v1)
    {
        var endpoint = v1.MapGet("/events", HandleAsync).Reads<HistoryEvent>(
            "StreamEvents", "Events", "Follow the history as server-sent events: id is the position, event the type, data a HistoryEvent.", Parameters, 503).Scoped();
        endpoint.Produces<HistoryEvent>(contentType: "text/event-stream").WithMetadata(new KnownParameters(Parameters, [new HeaderParameter(LastEventId, "The id of the last event received: go on right after it.")]));
    }

    static async Task<IResult> HandleAsync(HttpContext http, EventFeed feed, LiveFeed live, EventStreamLimit limit, OrchestratorOptions options, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var end = await feed.FindEndAsync(stopping.Token);
        var query = new QueryReader(http);
        var filter = EventFilter.Read(query);
        var position = ReadPosition(http, query, end);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        if (!limit.TryEnter(http.Caller()))
        {
            return Problems.Result(http, Refusals.Of(ErrorKind.Resource, "too-many-streams",
                string.Create(CultureInfo.InvariantCulture, $"{options.MaxEventStreams} event streams are open, the most this process serves, or the caller has its share of them."),
                "Close one, try again later, or raise the setting Orchestrator:MaxEventStreams.") with
            { RetryAfterSeconds = options.RetryAfterSeconds });
        }

        try
        {
            http.Response.ContentType = "text/event-stream; charset=utf-8";
            http.Response.Headers.CacheControl = "no-cache, no-transform";
            http.Response.Headers["X-Accel-Buffering"] = "no";
            using var transient = filter.Live ? live.Subscribe(filter) : null;
            await PumpAsync(http.Response, feed, transient, filter, new StreamAccess(http, clock, options.EventHeartbeat), position, options.EventHeartbeat, clock, stopping.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException || (e is NpgsqlException && http.Response.HasStarted))
        {
            // The client has gone, this process stops, or the database does not answer a stream that has begun: the client comes back with Last-Event-ID.
        }
        finally
        {
            limit.Leave(http.Caller());
        }

        return Results.Empty;
    }

    static async Task PumpAsync(
        HttpResponse response, EventFeed feed, LiveSubscription? transient, EventFilter filter, StreamAccess access, long position, TimeSpan heartbeat, TimeProvider clock, CancellationToken cancellationToken)
    {
        await WriteAsync(response, string.Create(CultureInfo.InvariantCulture, $": connected\nid: {position}\n\n"), cancellationToken);
        var written = clock.GetTimestamp();
        var reading = feed.ReadAsync(position, heartbeat, cancellationToken);
        var arriving = transient?.WaitAsync(cancellationToken);
        while (true)
        {
            await (arriving is null ? (Task)reading : Task.WhenAny(reading, arriving));
            var text = new StringBuilder();
            if (reading.IsCompleted)
            {
                var events = await reading;
                var maySee = await access.CheckAsync(events, cancellationToken);
                foreach (var e in events)
                {
                    position = e.Seq;
                    if (maySee(e) && filter.Passes(e))
                    {
                        var data = JsonSerializer.Serialize(HistoryEvent.Of(e), HvJson.Options);
                        text.Append(CultureInfo.InvariantCulture, $"id: {e.Seq}\nevent: {e.Type}\ndata: {data}\n\n");
                    }
                }

                reading = feed.ReadAsync(position, heartbeat, cancellationToken);
            }

            if (arriving is { IsCompleted: true })
            {
                await arriving;
                foreach (var lines in await transient!.TakeAsync(access, MostAtOnce, cancellationToken))
                {
                    text.Append(lines);
                }

                arriving = transient!.WaitAsync(cancellationToken);
            }

            // Also when much happens that the filter holds back: the client must see that the stream lives, and how far it is.
            if (text.Length == 0 && clock.GetElapsedTime(written) >= heartbeat)
            {
                text.Append(CultureInfo.InvariantCulture, $": heartbeat\nid: {position}\n\n");
            }

            if (text.Length > 0)
            {
                await WriteAsync(response, text.ToString(), cancellationToken);
                written = clock.GetTimestamp();
            }
        }
    }

    /// <summary>Returns when the client's connection has taken the bytes: a slow client slows its own stream, nothing else.</summary>
    static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    static long ReadPosition(HttpContext http, QueryReader query, long end)
    {
        var after = query.Long("after");
        var header = http.Request.Headers[LastEventId].ToString();
        if (header.Length > 0)
        {
            if (!long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                query.Wrong(LastEventId, $"must be the id of an event, a whole number, found '{(header.Length > 40 ? header[..40] : header)}'");
                return end;
            }

            after = last;
        }

        if (after > end)
        {
            query.Wrong(header.Length > 0 ? LastEventId : "after", string.Create(CultureInfo.InvariantCulture, $"must not be beyond the newest event {end}, found {after}"));
        }

        return after ?? end;
    }
}

/// <summary>Counts this process's open event streams. A caller other than the local one has a quarter of them at most: none can keep the others out.</summary>
internal sealed class EventStreamLimit(OrchestratorOptions options)
{
    readonly Lock gate = new();
    readonly Dictionary<string, int> byCaller = [];
    int open;

    public bool TryEnter(Caller caller)
    {
        lock (gate)
        {
            var own = byCaller.GetValueOrDefault(caller.Subject);
            if (open >= options.MaxEventStreams || (caller.Kind != CallerKind.Local && own >= Math.Max(1, options.MaxEventStreams / 4)))
            {
                return false;
            }

            open++;
            byCaller[caller.Subject] = own + 1;
            return true;
        }
    }

    public void Leave(Caller caller)
    {
        lock (gate)
        {
            open--;
            if (--byCaller[caller.Subject] == 0)
            {
                byCaller.Remove(caller.Subject);
            }
        }
    }
}
