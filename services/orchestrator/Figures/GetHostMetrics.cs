using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Figures;

/// <summary><c>GET /v1/hosts/{id}/metrics</c>: a host's figures over time.</summary>
internal static class GetHostMetrics
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/hosts/{id}/metrics", HandleAsync)
        .Reads<HostMetricsView>("GetHostMetrics", "Hosts", "Get a host's figures over time: processors, memory, running VMs.", MetricsQuery.Parameters, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
    {
        if (!RouteIds.TryRead<HostId>(id, out var host, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        var query = new QueryReader(http);
        var wanted = MetricsQuery.Read(query, clock.GetUtcNow());
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        await using var known = connection.Command("SELECT EXISTS (SELECT 1 FROM inventory.hosts WHERE host_id = $1)", host);
        return (bool)(await known.ExecuteScalarAsync(http.RequestAborted))!
            ? Resources.Ok(await FigureReader.HostAsync(connection, host, wanted, http.RequestAborted))
            : Problems.Result(http, Refusals.HostNotFound(host));
    }
}
