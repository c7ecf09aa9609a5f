using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Figures;

/// <summary><c>GET /v1/vms/{id}/metrics</c>: a VM's figures over time, on whichever hosts it was.</summary>
internal static class GetVmMetrics
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/vms/{id}/metrics", HandleAsync)
        .Reads<VmMetricsView>("GetVmMetrics", "VMs", "Get a VM's figures over time: processors, memory, disks, network.", MetricsQuery.Parameters, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
    {
        if (!RouteIds.TryRead<VmId>(id, out var vm, out var wrongId))
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
        await using var known = connection.Command("SELECT EXISTS (SELECT 1 FROM inventory.vms WHERE vm_id = $1)", vm);
        return (bool)(await known.ExecuteScalarAsync(http.RequestAborted))!
            ? Resources.Ok(await FigureReader.VmAsync(connection, vm, wanted, http.RequestAborted))
            : Problems.Result(http, Refusals.VmNotFound(vm));
    }
}
