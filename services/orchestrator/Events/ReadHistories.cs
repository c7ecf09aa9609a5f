using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Events;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Events;

/// <summary>
/// <c>GET /v1/vms/{id}/history</c>, <c>/v1/hosts/{id}/history</c> and <c>/v1/operations/{id}/history</c>: everything that ever happened to one of them, oldest first.
/// </summary>
internal static class ReadHistories
{
    static readonly IReadOnlyList<QueryParameter> Parameters =
    [
        new("from", "Only what happened at this instant or later, by the inventory's clock.", "string", "date-time"),
        new("to", "Only what had happened by this instant.", "string", "date-time"),
        new("asOf", "The same as to.", "string", "date-time"),
        new("toVersion", "Only up to this version, included.", "integer", "int64"),
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/vms/{id}/history", VmAsync).Reads<Page<HistoryEvent>>("GetVmHistory", "VMs", "Get a VM's history, oldest first.", Parameters, 404);
        v1.MapGet("/hosts/{id}/history", HostAsync)
            .Reads<Page<HistoryEvent>>("GetHostHistory", "Hosts", "Get a host's history, oldest first: joined, changed, silent, back, maintenance, evacuations.", Parameters, 404);
        v1.MapGet("/operations/{id}/history", OperationAsync)
            .Reads<Page<HistoryEvent>>("GetOperationHistory", "Operations", "Get an operation's history, oldest first: each step with its phase, cause and native error.", Parameters, 404);
    }

    static async Task<IResult> VmAsync(string id, HttpContext http, [FromKeyedServices(EventFeed.StoreKey)] EventStore store, OrchestratorOptions options) =>
        RouteIds.TryRead<VmId>(id, out var vm, out var wrongId)
            ? await PageAsync(http, store, options, "vm", vm.Value, Refusals.VmNotFound(vm))
            : Problems.Result(http, wrongId);

    static async Task<IResult> HostAsync(string id, HttpContext http, [FromKeyedServices(EventFeed.StoreKey)] EventStore store, OrchestratorOptions options) =>
        RouteIds.TryRead<HostId>(id, out var host, out var wrongId)
            ? await PageAsync(http, store, options, "host", host.Value, Refusals.HostNotFound(host))
            : Problems.Result(http, wrongId);

    static async Task<IResult> OperationAsync(
        string id, HttpContext http, [FromKeyedServices(EventFeed.StoreKey)] EventStore store, OrchestratorOptions options,
        [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operation, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        // One that was accepted a moment ago is there before the inventory has written its first event.
        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        var known = await OperationStore.FindAsync(connection, operation, http.RequestAborted) is not null;
        return await PageAsync(http, store, options, "operation", operation.Value, known ? null : Refusals.OperationNotFound(operation));
    }

    /// <param name="http">The request.</param>
    /// <param name="store">The event streams.</param>
    /// <param name="options">The largest page.</param>
    /// <param name="kind">The kind of stream; one of another kind is not found.</param>
    /// <param name="stream">Whose history.</param>
    /// <param name="notFound">What to say if there is no such stream; null if that is an empty history.</param>
    static async Task<IResult> PageAsync(HttpContext http, EventStore store, OrchestratorOptions options, string kind, Guid stream, Refusal? notFound)
    {
        var query = new QueryReader(http);
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        var since = query.Instant("from");
        var to = query.Instant("to");
        var asOf = query.Instant("asOf");
        var toVersion = query.Long("toVersion");
        if (since > to)
        {
            query.Wrong("to", "must not be before from");
        }

        var after = 0L;
        if (cursor is not null && !long.TryParse(cursor.Value, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            query.Wrong("cursor", "is not one that this API gave out");
        }

        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        var end = to < asOf || asOf is null ? to : asOf;
        var rows = new List<(HistoryEvent, string, Guid)>();
        await foreach (var e in store.ReadStreamAsync(stream, toVersion, end, after + 1, since, limit + 1, http.RequestAborted))
        {
            if (e.StreamType == kind)
            {
                rows.Add((HistoryEvent.Of(e), e.Version.ToString(CultureInfo.InvariantCulture), e.StreamId));
            }
        }

        if (rows.Count == 0 && notFound is not null && (await store.GetStreamAsync(stream, http.RequestAborted))?.Type != kind)
        {
            return Problems.Result(http, notFound);
        }

        return Resources.Page(http, PageParameters.Cut(http, rows, limit));
    }
}
