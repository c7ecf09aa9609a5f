using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary><c>GET /v1/migrations/{id}</c>.</summary>
internal static class GetMigration
{
    static readonly IReadOnlyList<QueryParameter> Parameters = [AsOf.Parameter, Fields.Parameter<MigrationView>()];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/migrations/{id}", HandleAsync)
        .Reads<MigrationView>("GetMigration", "Migrations", "Get one migration: phase, progress, result; now or as of a moment in the past.", Parameters, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operationId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var query = new QueryReader(http);
        var asOf = AsOf.Read(query, clock);
        var fields = Fields.Read<MigrationView>(query);
        if (query.Refusal is { } wrong)
        {
            return Problems.Result(http, wrong);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        return await MigrationReader.FindAsync(connection, operationId, asOf, http.RequestAborted) is { } migration
            ? Resources.Single(http, migration, fields: fields)
            : Problems.Result(http, asOf is { } then
                ? Refusals.NotKnownThen("migration-not-found", $"Migration {operationId}", then, $"{Urls.Operation(operationId)}/history")
                : Refusals.MigrationNotFound(operationId));
    }
}
