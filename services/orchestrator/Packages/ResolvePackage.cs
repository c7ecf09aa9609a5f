using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Packages;

/// <summary>The body of <c>POST /v1/operations/{id}/resolve</c>.</summary>
internal sealed record ResolvePackageRequest
{
    /// <summary>What is so, as the operator has made sure.</summary>
    public required PackageResolution Resolution { get; init; }

    /// <summary>How the operator made sure of it; kept with the operation.</summary>
    public required string Reason { get; init; }
}

/// <summary>
/// <c>POST /v1/operations/{id}/resolve</c>, and the same over the bus: an operator's word on an export or import whose host cannot be asked. The saga acts on it
/// only if it is still in doubt and the host's word does not contradict it.
/// </summary>
internal static class ResolvePackage
{
    const int LongestReason = 1000;

    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/operations/{id}/resolve", HandleAsync)
        .Takes<ResolvePackageRequest>()
        .Commands("ResolveOperation", "Operations", "End an export or import in doubt by asserting whether it was done. Look on the host first.", 404, 409);

    static async Task<IResult> HandleAsync(string id, HttpContext http, CommandPipeline pipeline, OrchestratorOptions options, TimeProvider clock)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operationId, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        if (!(await JsonBody.ReadAsync<ResolvePackageRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await pipeline.RunAsync(http, request, (tx, headers) => RequestAsync(
            tx, operationId, request.Resolution, headers.Trail(clock.GetUtcNow()) with { Reason = request.Reason }, headers.IfMatch, http.RequestAborted));
    }

    /// <summary>Passes an operator's word on to the saga, or says why not. The trail's reason is required.</summary>
    public static async Task<Outcome<Operation>> RequestAsync(IOrchestratorTx tx, OperationId id, PackageResolution resolution, Trail trail, string? ifMatch, CancellationToken cancellationToken)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        if (resolution is not (PackageResolution.Done or PackageResolution.NotDone))
        {
            errors["resolution"] = ["must be Done or NotDone"];
        }

        if (string.IsNullOrWhiteSpace(trail.Reason) || trail.Reason.Length > LongestReason || trail.Reason.Any(char.IsControl))
        {
            errors["reason"] = [$"is required (how it is known), and must be at most {LongestReason} printable characters"];
        }

        if (errors.Count > 0)
        {
            return Refusals.Invalid(errors);
        }

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
            return Refusals.NoPackage(operation, "resolved");
        }

        if (operation.Status != OperationStatus.InDoubt)
        {
            return Refusals.PackageNotInDoubt(operation);
        }

        var asked = new OperatorResolution { Resolution = MigrationResolution.Unknown, Package = resolution, Trail = trail };
        await tx.PutResolutionAsync(id, asked, trail.RequestedAt, cancellationToken);
        if (operation.Kind == OperationKind.ExportVm)
        {
            tx.Send(Queues.MigrationSaga, new ResolveExportRequested { OperationId = id, Resolution = resolution, Trail = trail }, operation.VmId.Value);
        }
        else
        {
            tx.Send(Queues.MigrationSaga, new ResolveImportRequested { OperationId = id, Resolution = resolution, Trail = trail }, operation.VmId.Value);
        }

        return operation with { Resolution = asked, UpdatedAt = trail.RequestedAt };
    }
}
