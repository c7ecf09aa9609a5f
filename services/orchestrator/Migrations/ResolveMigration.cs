using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary>The body of <c>POST /v1/migrations/{id}/resolve</c>.</summary>
internal sealed record ResolveMigrationRequest
{
    /// <summary>Where the VM is, as the operator has made sure.</summary>
    public required MigrationResolution Resolution { get; init; }

    /// <summary>How the operator made sure of it; kept in the history.</summary>
    public required string Reason { get; init; }
}

/// <summary>
/// <c>POST /v1/migrations/{id}/resolve</c>, and the same over the bus: an operator's word on a migration whose hosts cannot be asked. The saga acts on it
/// only if it is still in doubt and no host's word contradicts it. Nothing else in the platform believes anyone without asking the hosts.
/// </summary>
internal static class ResolveMigration
{
    const int LongestReason = 1000;

    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/migrations/{id}/resolve", HandleAsync)
        .Takes<ResolveMigrationRequest>()
        .Commands("ResolveMigration", "Migrations",
            "End a migration in doubt by asserting where the VM is. A wrong word can leave two copies running: look on both hosts first.", 404, 409);

    static async Task<IResult> HandleAsync(string id, HttpContext http, CommandPipeline pipeline, OrchestratorOptions options, TimeProvider clock)
    {
        if (!RouteIds.TryRead<OperationId>(id, out var operationId, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        if (!(await JsonBody.ReadAsync<ResolveMigrationRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await pipeline.RunAsync(http, request, (tx, headers) => RequestAsync(
            tx, operationId, request.Resolution, headers.Trail(clock.GetUtcNow()) with { Reason = request.Reason }, headers.IfMatch, http.RequestAborted));
    }

    /// <summary>Passes an operator's word on to the saga, or says why not. The trail's reason is required.</summary>
    public static async Task<Outcome<Operation>> RequestAsync(
        IOrchestratorTx tx, OperationId id, MigrationResolution resolution, Trail trail, string? ifMatch, CancellationToken cancellationToken)
    {
        if (Check(resolution, trail.Reason) is { Count: > 0 } errors)
        {
            return Refusals.Invalid(errors, $"The resolution is not valid: {string.Join("; ", errors.Select(e => $"{e.Key} {e.Value[0]}"))}.");
        }

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

        if (migration.Status != OperationStatus.InDoubt)
        {
            return Refusals.NotInDoubt(id, migration.Status, migration.Phase);
        }

        var asked = new OperatorResolution { Resolution = resolution, Trail = trail };
        await tx.PutResolutionAsync(id, asked, trail.RequestedAt, cancellationToken);
        tx.Send(Queues.MigrationSaga, new ResolveMigrationRequested { OperationId = id, Resolution = resolution, Trail = trail }, migration.VmId.Value);
        return migration with { Resolution = asked, UpdatedAt = trail.RequestedAt };
    }

    static SortedDictionary<string, string[]> Check(MigrationResolution resolution, string? reason)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        if (resolution is not (MigrationResolution.OnSource or MigrationResolution.OnDestination or MigrationResolution.OnNeither))
        {
            errors["resolution"] = ["must be OnSource, OnDestination or OnNeither"];
        }

        if (string.IsNullOrWhiteSpace(reason))
        {
            errors["reason"] = ["is required: how it is known where the VM is"];
        }
        else if (reason.Length > LongestReason || reason.Any(char.IsControl))
        {
            errors["reason"] = [$"must be at most {LongestReason} printable characters"];
        }

        return errors;
    }
}
