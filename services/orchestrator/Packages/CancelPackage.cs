using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Packages;

/// <summary>
/// <c>POST /v1/operations/{id}/cancel</c>, and the same over the bus, of an export or import: passes the wish on to the saga, which alone knows whether it can
/// still be met.
/// </summary>
internal static class CancelPackage
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/operations/{id}/cancel", HandleAsync)
        .Commands("CancelOperation", "Operations", "Ask for an export or import to be undone. An import may have come too far: its status tells how it ended.", 404, 409);

    static async Task<IResult> HandleAsync(string id, HttpContext http, CommandPipeline pipeline, TimeProvider clock)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operationId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await pipeline.RunAsync(http, null, (tx, headers) => RequestAsync(tx, operationId, headers.Trail(clock.GetUtcNow()), headers.IfMatch, http.RequestAborted));
    }

    /// <summary>Passes a cancel on, or says why not.</summary>
    public static async Task<Outcome<Operation>> RequestAsync(IOrchestratorTx tx, OperationId id, Trail trail, string? ifMatch, CancellationToken cancellationToken)
    {
        if (await tx.LockOperationAsync(id, cancellationToken) is not { } operation)
        {
            return Refusals.OperationNotFound(id);
        }

        if (OperationView.WhyChanged(operation, ifMatch) is { } changed)
        {
            return changed;
        }

        if (operation.PackagePhase is null)
        {
            return Refusals.NoPackage(operation, "cancelled");
        }

        if (operation.IsFinal)
        {
            return Refusals.OperationFinal(id, operation.Status, "Operation");
        }

        await tx.MarkCancelRequestedAsync(id, trail.RequestedAt, cancellationToken);
        if (operation.Kind == OperationKind.ExportVm)
        {
            tx.Send(Queues.MigrationSaga, new CancelExportRequested { OperationId = id, Trail = trail }, operation.VmId.Value);
        }
        else
        {
            tx.Send(Queues.MigrationSaga, new CancelImportRequested { OperationId = id, Trail = trail }, operation.VmId.Value);
        }

        return operation with { CancelRequestedAt = trail.RequestedAt, UpdatedAt = trail.RequestedAt };
    }
}
