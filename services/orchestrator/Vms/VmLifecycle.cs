using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>The endpoints of every <see cref="VmAction"/>: they differ only in what the action says.</summary>
internal static class VmLifecycle
{
    public static void Map(RouteGroupBuilder v1)
    {
        foreach (var action in VmAction.All)
        {
            Task<IResult> Handle(string id, HttpContext http, CommandPipeline pipeline, OperationAcceptor acceptor, TimeProvider clock) =>
                RunAsync(action, id, http, pipeline, acceptor, clock);
            var endpoint = action.Verb is null ? v1.MapDelete("/vms/{id}", Handle) : v1.MapPost($"/vms/{{id}}/{action.Verb}", Handle);
            endpoint.Commands(action.Kind.ToString(), "VMs", action.Summary, 404, 409);
        }
    }

    static async Task<IResult> RunAsync(
        VmAction action, string id, HttpContext http, CommandPipeline pipeline, OperationAcceptor acceptor, TimeProvider clock)
    {
        if (!RouteIds.TryRead<VmId>(id, out var vm, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await pipeline.RunAsync(http, null, (tx, headers) => acceptor.AcceptAsync(
            tx,
            new OperationRequest
            {
                OperationId = OperationId.New(),
                Kind = action.Kind,
                VmId = vm,
                Trail = headers.Trail(clock.GetUtcNow()),
                IfMatch = headers.IfMatch,
            },
            http.RequestAborted));
    }
}
