using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Figures;

/// <summary><c>GET /v1/migrations/{id}/progress</c>: the course of its transfer.</summary>
internal static class GetMigrationProgress
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/migrations/{id}/progress", HandleAsync)
        .Reads<MigrationProgressView>("GetMigrationProgress", "Migrations", "Get the course of a migration's transfer.", null, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operationId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        return await OperationStore.FindAsync(connection, operationId, http.RequestAborted) is { Kind: OperationKind.MigrateVm } migration
            ? Resources.Ok(await FigureReader.MigrationAsync(connection, operationId, migration.Trail.RequestedAt, http.RequestAborted))
            : Problems.Result(http, Refusals.MigrationNotFound(operationId));
    }
}
