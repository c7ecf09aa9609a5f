using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Packages;

/// <summary><c>POST /v1/vms/{id}/export</c>: exports a VM into a directory of its host. The accepting transaction hands it to the saga.</summary>
internal static class StartExport
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/vms/{id}/export", HandleAsync)
        .Takes<ExportSettings>()
        .Commands("StartExport", "Exports", "Export a VM into a directory of its host.", 404, 409);

    static async Task<IResult> HandleAsync(
        string id, HttpContext http, CommandPipeline pipeline, OperationAcceptor acceptor, OrchestratorOptions options, TimeProvider clock)
    {
        if (!RouteIds.TryRead<VmId>(id, out var vm, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        if (!(await JsonBody.ReadAsync<ExportSettings>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        if (PackageRules.Check(request) is { Count: > 0 } errors)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        return await pipeline.RunAsync(http, request, (tx, headers) => acceptor.AcceptAsync(
            tx,
            new OperationRequest
            {
                OperationId = OperationId.New(),
                Kind = OperationKind.ExportVm,
                VmId = vm,
                Trail = headers.Trail(clock.GetUtcNow()),
                Export = request,
                IfMatch = headers.IfMatch,
            },
            http.RequestAborted));
    }
}
