using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary><c>GET /v1/evacuations</c> and <c>GET /v1/evacuations/{id}</c>: live progress, and the report afterwards.</summary>
internal static class ReadEvacuations
{
    static readonly IReadOnlyList<QueryParameter> Parameters =
    [
        new("host", "Of this host.", "string", "uuid"),
        new("open", "true: only those that have not ended; false: only those that have.", "boolean"),
        AsOf.Parameter,
        Fields.Parameter<EvacuationView>(),
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    static readonly IReadOnlyList<QueryParameter> SingleParameters = [AsOf.Parameter, Fields.Parameter<EvacuationView>()];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/evacuations", ListAsync).Reads<Page<EvacuationView>>("ListEvacuations", "Evacuations", "List evacuations, newest first; now or as of a moment in the past.", Parameters).Scoped();
        v1.MapGet("/evacuations/{id}", GetAsync).Reads<EvacuationView>("GetEvacuation", "Evacuations", "Get one evacuation: progress, each VM, report; now or as of a moment in the past.", SingleParameters, 404);
    }

    static async Task<IResult> ListAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, ObjectGroups groups, TimeProvider clock)
    {
        var query = new QueryReader(http);
        var host = query.Guid("host") is { } id ? new HostId(id) : (HostId?)null;
        var open = query.Bool("open");
        var asOf = AsOf.Read(query, clock);
        var fields = Fields.Read<EvacuationView>(query);
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        var rows = await EvacuationReader.ListAsync(connection, http.Scope(), host, open, asOf, cursor, limit + 1, http.RequestAborted);
        var page = PageParameters.Cut(http, rows, limit) with { AsOf = asOf };
        return Resources.Page(http, page with { Items = await SeenAsync(http, groups, page.Items) }, fields);
    }

    static async Task<IResult> GetAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, ObjectGroups groups, TimeProvider clock)
    {
        if (!RouteIds.TryRead<EvacuationId>(id, out var evacuation, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var query = new QueryReader(http);
        var asOf = AsOf.Read(query, clock);
        var fields = Fields.Read<EvacuationView>(query);
        if (query.Refusal is { } wrong)
        {
            return Problems.Result(http, wrong);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        return await EvacuationReader.FindAsync(connection, evacuation, asOf, http.RequestAborted) is { } view
            ? Resources.Single(http, (await SeenAsync(http, groups, [view]))[0], fields: fields)
            : Problems.Result(http, asOf is { } then
                ? Refusals.NotKnownThen("evacuation-not-found", $"Evacuation {evacuation}", then, Urls.Evacuation(evacuation))
                : Refusals.EvacuationNotFound(evacuation));
    }

    /// <summary>Without the VMs that the caller may not see; the counts are of all.</summary>
    static async Task<IReadOnlyList<EvacuationView>> SeenAsync(HttpContext http, ObjectGroups groups, IReadOnlyList<EvacuationView> evacuations)
    {
        var scope = http.Scope();
        if (scope.All)
        {
            return evacuations;
        }

        var seen = await groups.VisibleAsync(scope, [.. evacuations.SelectMany(e => e.Vms).Select(v => v.VmId.Value)], http.RequestAborted);
        return [.. evacuations.Select(e => e with { Vms = [.. e.Vms.Where(v => seen.Contains(v.VmId.Value))] })];
    }
}
