using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Hosts;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary><c>POST</c> and <c>DELETE /v1/hosts/{id}/maintenance</c>: whether VMs are placed on a host. VMs that are there stay, and can still be commanded.</summary>
internal static class HostMaintenance
{
    delegate Task<Refusal?> Change(IEvacuationTx tx, HostId host, Trail trail, CancellationToken cancellationToken);

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/hosts/{id}/maintenance", (string id, HttpContext http, CommandPipeline pipeline, EvacuationHandler handler, TimeProvider clock) =>
                RunAsync(id, http, pipeline, clock, handler.EnterMaintenanceAsync))
            .Commands<HostView>("EnterMaintenance", "Hosts", "Put a host into maintenance: no VM is placed on it. Nothing is moved: see StartEvacuation.", 404, 409);
        v1.MapDelete("/hosts/{id}/maintenance", (string id, HttpContext http, CommandPipeline pipeline, EvacuationHandler handler, TimeProvider clock) =>
                RunAsync(id, http, pipeline, clock, handler.LeaveMaintenanceAsync))
            .Commands<HostView>("LeaveMaintenance", "Hosts", "Let VMs be placed on a host again.", 404, 409);
    }

    static async Task<IResult> RunAsync(string id, HttpContext http, CommandPipeline pipeline, TimeProvider clock, Change change)
    {
        if (!RouteIds.TryRead<HostId>(id, out var host, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        return await pipeline.RunAsync(
            http, null,
            async (tx, headers) =>
            {
                var ct = http.RequestAborted;
                if (await GetHost.WhyChangedAsync(tx.Inner.Connection, host, headers.IfMatch, ct) is { } newer)
                {
                    return newer;
                }

                return await change(new EvacuationTx(tx), host, headers.Trail(clock.GetUtcNow()), ct) is { } refusal ? refusal : (Outcome<HostView>)(await ReadAsync(tx, host, ct))!;
            },
            view => view.Url);
    }

    static Task<HostView?> ReadAsync(OrchestratorTx tx, HostId host, CancellationToken cancellationToken) => GetHost.FindAsync(tx.Inner.Connection, host, cancellationToken);
}
