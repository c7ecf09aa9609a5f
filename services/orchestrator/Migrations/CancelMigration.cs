using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary>
/// <c>POST /v1/migrations/{id}/cancel</c>, and the same over the bus: passes the wish on to the saga, which alone knows whether it can still be met.
/// 202 means that the saga will decide, not that the migration is undone.
/// </summary>
internal static class CancelMigration
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/migrations/{id}/cancel", HandleAsync)
        .Commands("CancelMigration", "Migrations", "Ask for a migration to be undone. It may have come too far: its status tells how it ended.", 404, 409);

    static async Task<IResult> HandleAsync(string id, HttpContext http, CommandPipeline pipeline, TimeProvider clock)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operationId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await pipeline.RunAsync(
            http, null, (tx, headers) => RequestAsync(tx, operationId, headers.Trail(clock.GetUtcNow()), headers.IfMatch, http.RequestAborted));
    }

    /// <summary>Passes a cancel on, or says why not.</summary>
    public static async Task<Outcome<Operation>> RequestAsync(IOrchestratorTx tx, OperationId id, Trail trail, string? ifMatch, CancellationToken cancellationToken)
    {
        if (await tx.LockOperationAsync(id, cancellationToken) is not { Kind: OperationKind.MigrateVm } migration)
        {
            return Refusals.MigrationNotFound(id);
        }

        if (ifMatch is not null)
        {
            var etag = await tx.MigrationEtagAsync(id, cancellationToken);
            if (!ETags.Matches(ifMatch, etag))
            {
                return Refusals.EtagMismatch(etag);
            }
        }

        if (migration.IsFinal)
        {
            return Refusals.OperationFinal(id, migration.Status, "Migration");
        }

        await tx.MarkCancelRequestedAsync(id, trail.RequestedAt, cancellationToken);
        tx.Send(Queues.MigrationSaga, new CancelMigrationRequested { OperationId = id, Trail = trail }, migration.VmId.Value);
        return migration with { CancelRequestedAt = trail.RequestedAt, UpdatedAt = trail.RequestedAt };
    }
}
