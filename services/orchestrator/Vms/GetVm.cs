using HvPlatform.Contracts;
using HvPlatform.Events;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Events;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>GET /v1/vms/{id}</c>: one VM, also a deleted one; now, or as of a moment in the past.</summary>
internal static class GetVm
{
    static readonly IReadOnlyList<QueryParameter> Parameters = [AsOf.Parameter, Fields.Parameter<VmDetail>()];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/vms/{id}", HandleAsync)
        .Reads<VmDetail>("GetVm", "VMs", "Get one VM, also a deleted one; now or as of a moment in the past.", Parameters, 404);

    static async Task<IResult> HandleAsync(
        string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database,
        [FromKeyedServices(EventFeed.StoreKey)] EventStore store, TimeProvider clock)
    {
        if (!RouteIds.TryRead<VmId>(id, out var vmId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var query = new QueryReader(http);
        var asOf = AsOf.Read(query, clock);
        var fields = Fields.Read<VmDetail>(query);
        if (query.Refusal is { } wrong)
        {
            return Problems.Result(http, wrong);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        var vm = asOf is { } then
            ? await VmPast.FindAsync(store, connection, vmId, then, http.RequestAborted)
            : await VmReader.FindAsync(connection, vmId, http.RequestAborted);
        return vm is null
            ? Problems.Result(http, asOf is null ? Refusals.VmNotFound(vmId) : Refusals.NotKnownThen("vm-not-found", $"VM {vmId}", asOf.Value, $"{Urls.Vm(vmId)}/history"))
            : Resources.Single(http, vm, asOf is null ? ETags.OfVersion(vm.Version, vm.Stale == true ? "stale" : null) : null, fields);
    }
}
