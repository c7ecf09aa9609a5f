using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Events;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Events;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>GET /v1/vms/{id}/history</c>: everything that ever happened to a VM, oldest first.</summary>
internal static class GetVmHistory
{
    static readonly IReadOnlyList<QueryParameter> Parameters =
    [
        new("asOf", "Only what had happened by this instant.", "string", "date-time"),
        new("toVersion", "Only up to this version, included.", "integer", "int64"),
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/vms/{id}/history", HandleAsync)
        .Reads<Page<HistoryEvent>>("GetVmHistory", "VMs", "Get a VM's history, oldest first.", Parameters, 404);

    static async Task<IResult> HandleAsync(
        string id, HttpContext http, [FromKeyedServices(EventFeed.StoreKey)] EventStore store, OrchestratorOptions options)
    {
        if (!RouteIds.TryRead<VmId>(id, out var vm, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        var query = new QueryReader(http);
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        var asOf = query.Instant("asOf");
        var toVersion = query.Long("toVersion");
        var after = 0L;
        if (cursor is not null && !long.TryParse(cursor.Value, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            query.Wrong("cursor", "is not one that this API gave out");
        }

        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        var rows = new List<(HistoryEvent, string, Guid)>();
        var last = Math.Min(toVersion ?? long.MaxValue, after + limit + 1);
        await foreach (var e in store.ReadStreamAsync(vm.Value, last, asOf, after + 1, http.RequestAborted))
        {
            rows.Add((HistoryEvent.Of(e), e.Version.ToString(CultureInfo.InvariantCulture), e.StreamId));
        }

        if (rows.Count == 0 && await store.GetStreamAsync(vm.Value, http.RequestAborted) is null)
        {
            return Problems.Result(http, Refusals.VmNotFound(vm));
        }

        return Resources.Ok(PageParameters.Cut(http, rows, limit));
    }
}
