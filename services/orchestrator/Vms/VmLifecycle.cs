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
            Task<IResult> Handle(string id, HttpContext http, CommandPipeline pipeline, OperationAcceptor acceptor, OrchestratorOptions options, TimeProvider clock) =>
                RunAsync(action, id, http, pipeline, acceptor, options, clock);
            var endpoint = action.Verb is null ? v1.MapDelete("/vms/{id}", Handle) : v1.MapPost($"/vms/{{id}}/{action.Verb}", Handle);
            endpoint = action.Body?.Describe(endpoint) ?? endpoint;
            endpoint.Commands(action.Kind.ToString(), "VMs", action.Summary, 404, 409);
        }
    }

    static async Task<IResult> RunAsync(
        VmAction action, string id, HttpContext http, CommandPipeline pipeline, OperationAcceptor acceptor, OrchestratorOptions options, TimeProvider clock)
    {
        if (!RouteIds.TryRead<VmId>(id, out var vm, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        object? asked = null;
        if (action.Body is not null && !(await action.Body.ReadAsync(http, options.MaxBodyBytes)).Is(out asked, out var wrong))
        {
            return Problems.Result(http, wrong);
        }

        return await pipeline.RunAsync(http, asked, (tx, headers) => acceptor.AcceptAsync(
            tx,
            new OperationRequest
            {
                OperationId = OperationId.New(),
                Kind = action.Kind,
                VmId = vm,
                Trail = headers.Trail(clock.GetUtcNow()),
                IfMatch = headers.IfMatch,
                Asked = asked,
            },
            http.RequestAborted));
    }
}
