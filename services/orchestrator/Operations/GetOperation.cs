using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary><c>GET /v1/operations/{id}</c>: readable as soon as the request's 202 is; now, or as of a moment in the past.</summary>
internal static class GetOperation
{
    static readonly IReadOnlyList<QueryParameter> Parameters = [AsOf.Parameter, Fields.Parameter<OperationView>()];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/operations/{id}", HandleAsync)
        .Reads<OperationView>("GetOperation", "Operations", "Get one operation; now or as of a moment in the past.", Parameters, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operationId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var query = new QueryReader(http);
        var asOf = AsOf.Read(query, clock);
        var fields = Fields.Read<OperationView>(query);
        if (query.Refusal is { } wrong)
        {
            return Problems.Result(http, wrong);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        if (asOf is { } then)
        {
            return await OperationPast.FindAsync(connection, operationId, then, http.RequestAborted) is { } past
                ? Resources.Single(http, past, fields: fields)
                : Problems.Result(http, Refusals.NotKnownThen("operation-not-found", $"Operation {operationId}", then, $"{Urls.Operation(operationId)}/history"));
        }

        return await OperationStore.FindAsync(connection, operationId, http.RequestAborted) is { } operation
            ? Resources.Single(http, OperationView.Of(operation), fields: fields)
            : Problems.Result(http, Refusals.OperationNotFound(operationId));
    }
}
