using HvPlatform.Contracts;
using HvPlatform.Contracts.Access;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary><c>POST /v1/evacuations/{id}/pause</c>, <c>resume</c> and <c>cancel</c>: 202 with the evacuation as it is then.</summary>
internal static class ChangeEvacuation
{
    delegate Task<Outcome<Evacuation>> Change(IEvacuationTx tx, EvacuationId id, Trail trail, CancellationToken cancellationToken);

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/evacuations/{id}/pause", (string id, HttpContext http, CommandPipeline pipeline, EvacuationHandler handler, ObjectGroups groups, TimeProvider clock) =>
                RunAsync(id, http, null, pipeline, groups, clock, handler.PauseAsync))
            .Commands<EvacuationView>("PauseEvacuation", "Evacuations", "Start no further move; those on their way go on.", 404, 409);
        v1.MapPost("/evacuations/{id}/resume", (string id, HttpContext http, CommandPipeline pipeline, EvacuationHandler handler, ObjectGroups groups, TimeProvider clock) =>
                RunAsync(id, http, null, pipeline, groups, clock, handler.ResumeAsync))
            .Commands<EvacuationView>("ResumeEvacuation", "Evacuations", "Go on after a pause.", 404, 409);
        v1.MapPost("/evacuations/{id}/cancel", CancelAsync)
            .Commands<EvacuationView>("CancelEvacuation", "Evacuations", "End an evacuation when the moves on their way have ended, or cancel these too.", 404, 409)
            .WithMetadata(new KnownParameters([new QueryParameter("cancelMoves", "Cancel the migrations on their way too.", "boolean")], CommandHeaders.Parameters));
    }

    static async Task<IResult> CancelAsync(string id, HttpContext http, CommandPipeline pipeline, EvacuationHandler handler, ObjectGroups groups, TimeProvider clock)
    {
        var query = new QueryReader(http);
        var cancelMoves = query.Bool("cancelMoves") ?? false;
        return query.Refusal is { } refusal
            ? Problems.Result(http, refusal)
            : await RunAsync(id, http, new { cancelMoves }, pipeline, groups, clock, (tx, evacuation, trail, ct) => handler.CancelAsync(tx, evacuation, cancelMoves, trail, ct));
    }

    static async Task<IResult> RunAsync(string id, HttpContext http, object? body, CommandPipeline pipeline, ObjectGroups groups, TimeProvider clock, Change change)
    {
        if (!RouteIds.TryRead<EvacuationId>(id, out var evacuation, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        return await pipeline.RunAsync(
            http, body,
            async (tx, headers) =>
            {
                if (await OutsideAsync(tx, evacuation, http, groups) is { } outside)
                {
                    return outside;
                }

                if (headers.IfMatch is { } wanted && await EtagAsync(tx, evacuation, http.RequestAborted) is { } etag && !ETags.Matches(wanted, etag))
                {
                    return Refusals.EtagMismatch(etag);
                }

                var outcome = await change(new EvacuationTx(tx), evacuation, headers.Trail(clock.GetUtcNow()), http.RequestAborted);
                return outcome.Is(out var changed, out var refusal) ? await EvacuationReader.ViewAsync(tx.Inner.Connection, changed, http.RequestAborted) : (Outcome<EvacuationView>)refusal;
            },
            view => view.Url);
    }

    /// <summary>It moves VMs, so whoever changes it must be allowed to operate each of them, as whoever starts one.</summary>
    static async Task<Refusal?> OutsideAsync(OrchestratorTx tx, EvacuationId id, HttpContext http, ObjectGroups groups)
    {
        var scope = http.OperatorScope();
        if (scope.All || await EvacuationReader.FindAsync(tx.Inner.Connection, id, null, http.RequestAborted) is not { } evacuation)
        {
            return null;
        }

        var vms = evacuation.Vms.Select(v => v.VmId.Value).ToList();
        var own = await groups.VisibleAsync(scope, vms, http.RequestAborted);
        return vms.All(own.Contains) ? null : ObjectCheck.Forbidden(http.Caller(), AccessRole.Operator, "the groups of all its VMs");
    }

    static async Task<string?> EtagAsync(OrchestratorTx tx, EvacuationId id, CancellationToken cancellationToken)
    {
        await new EvacuationTx(tx).LockAsync(cancellationToken);
        return await EvacuationReader.FindAsync(tx.Inner.Connection, id, null, cancellationToken) is { } view ? ETags.OfBytes(Resources.Serialize(view)) : null;
    }
}
