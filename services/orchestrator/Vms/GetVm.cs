using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>GET /v1/vms/{id}</c>: one VM, also a deleted one.</summary>
internal static class GetVm
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/vms/{id}", HandleAsync).Reads<VmDetail>("GetVm", "VMs", "Get one VM, also a deleted one.", null, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database)
    {
        if (!RouteIds.TryRead<VmId>(id, out var vmId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        return await VmReader.FindAsync(connection, vmId, http.RequestAborted) is { } vm
            ? Resources.Single(http, vm, ETags.OfVersion(vm.Version, vm.Stale == true ? "stale" : null))
            : Problems.Result(http, Refusals.VmNotFound(vmId));
    }
}
