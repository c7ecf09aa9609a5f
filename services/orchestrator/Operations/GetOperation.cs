using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary><c>GET /v1/operations/{id}</c>: readable as soon as the request's 202 is.</summary>
internal static class GetOperation
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/operations/{id}", HandleAsync)
        .Reads<OperationView>("GetOperation", "Operations", "Get one operation.", null, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operationId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        return await OperationStore.FindAsync(connection, operationId, http.RequestAborted) is { } operation
            ? Resources.Single(http, OperationView.Of(operation))
            : Problems.Result(http, Refusals.OperationNotFound(operationId));
    }
}
