using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary><c>GET /v1/migrations/{id}</c>.</summary>
internal static class GetMigration
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/migrations/{id}", HandleAsync)
        .Reads<MigrationView>("GetMigration", "Migrations", "Get one migration: phase, progress, result.", null, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operationId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        return await MigrationReader.FindAsync(connection, operationId, http.RequestAborted) is { } migration
            ? Resources.Single(http, migration)
            : Problems.Result(http, Refusals.MigrationNotFound(operationId));
    }
}
