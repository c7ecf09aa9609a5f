using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
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
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/evacuations", ListAsync).Reads<Page<EvacuationView>>("ListEvacuations", "Evacuations", "List evacuations, newest first.", Parameters);
        v1.MapGet("/evacuations/{id}", GetAsync).Reads<EvacuationView>("GetEvacuation", "Evacuations", "Get one evacuation: progress, each VM, report.", null, 404);
    }

    static async Task<IResult> ListAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options)
    {
        var query = new QueryReader(http);
        var host = query.Guid("host") is { } id ? new HostId(id) : (HostId?)null;
        var open = query.Bool("open");
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        var rows = await EvacuationReader.ListAsync(connection, host, open, cursor, limit + 1, http.RequestAborted);
        return Resources.Ok(PageParameters.Cut(http, rows, limit));
    }

    static async Task<IResult> GetAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database)
    {
        if (!RouteIds.TryRead<EvacuationId>(id, out var evacuation, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        return await EvacuationReader.FindAsync(connection, evacuation, http.RequestAborted) is { } view
            ? Resources.Single(http, view)
            : Problems.Result(http, Refusals.EvacuationNotFound(evacuation));
    }
}
