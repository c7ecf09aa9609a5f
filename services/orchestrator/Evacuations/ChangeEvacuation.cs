using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>The body of <c>POST /v1/evacuations/{id}/cancel</c>.</summary>
internal sealed record CancelEvacuationRequest
{
    /// <summary>Cancel the migrations on their way too.</summary>
    public bool CancelMoves { get; init; }
}

/// <summary><c>POST /v1/evacuations/{id}/pause</c>, <c>resume</c> and <c>cancel</c>: 202 with the evacuation as it is then.</summary>
internal static class ChangeEvacuation
{
    delegate Task<Outcome<Evacuation>> Change(IEvacuationTx tx, EvacuationId id, Trail trail, CancellationToken cancellationToken);

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/evacuations/{id}/pause", (string id, HttpContext http, CommandPipeline pipeline, EvacuationHandler handler, TimeProvider clock) =>
                RunAsync(id, http, null, pipeline, clock, handler.PauseAsync))
            .Commands<EvacuationView>("PauseEvacuation", "Evacuations", "Start no further move; those on their way go on.", 404, 409);
        v1.MapPost("/evacuations/{id}/resume", (string id, HttpContext http, CommandPipeline pipeline, EvacuationHandler handler, TimeProvider clock) =>
                RunAsync(id, http, null, pipeline, clock, handler.ResumeAsync))
            .Commands<EvacuationView>("ResumeEvacuation", "Evacuations", "Go on after a pause.", 404, 409);
        v1.MapPost("/evacuations/{id}/cancel", CancelAsync)
            .Takes<CancelEvacuationRequest>()
            .Commands<EvacuationView>("CancelEvacuation", "Evacuations", "End an evacuation when the moves on their way have ended, or cancel these too.", 404, 409);
    }

    static async Task<IResult> CancelAsync(
        string id, HttpContext http, CommandPipeline pipeline, EvacuationHandler handler, OrchestratorOptions options, TimeProvider clock)
    {
        // The body may be left out: nothing on its way is cancelled then.
        var empty = http.Request is { ContentLength: null or 0, ContentType: null };
        if (!(empty ? new CancelEvacuationRequest() : await JsonBody.ReadAsync<CancelEvacuationRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await RunAsync(id, http, request, pipeline, clock, (tx, evacuation, _, ct) => handler.CancelAsync(tx, evacuation, request.CancelMoves, ct));
    }

    static async Task<IResult> RunAsync(string id, HttpContext http, object? body, CommandPipeline pipeline, TimeProvider clock, Change change)
    {
        if (!RouteIds.TryRead<EvacuationId>(id, out var evacuation, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        return await pipeline.RunAsync(
            http, body,
            async (tx, headers) =>
            {
                if (headers.IfMatch is { } wanted && await EtagAsync(tx, evacuation, http.RequestAborted) is { } etag && !ETags.Matches(wanted, etag))
                {
                    return Refusals.EtagMismatch(etag);
                }

                var outcome = await change(new EvacuationTx(tx), evacuation, headers.Trail(clock.GetUtcNow()), http.RequestAborted);
                return outcome.Is(out var changed, out var refusal) ? await EvacuationReader.ViewAsync(tx.Inner.Connection, changed, http.RequestAborted) : (Outcome<EvacuationView>)refusal;
            },
            view => view.Url);
    }

    static async Task<string?> EtagAsync(OrchestratorTx tx, EvacuationId id, CancellationToken cancellationToken)
    {
        await new EvacuationTx(tx).LockAsync(cancellationToken);
        return await EvacuationReader.FindAsync(tx.Inner.Connection, id, cancellationToken) is { } view ? ETags.OfBytes(Resources.Serialize(view)) : null;
    }
}
