using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// The way of every change of who may do what, of agents and of webhooks: one transaction with the change and the event that tells it. What makes something new takes an
/// Idempotency-Key: see <see cref="MakeAsync"/>.
/// </summary>
internal sealed class AccessChange([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, AccessStore store, OrchestratorOptions options, TimeProvider clock)
{
    /// <summary>Runs a change whose repeat changes nothing further. <paramref name="change"/> returns the event and the answer, or why not.</summary>
    public async Task<IResult> RunAsync<TEvent>(HttpContext http, Func<HvTransaction, CommandHeaders, Trail, Task<Outcome<Changed<TEvent>>>> change)
        where TEvent : class
    {
        if (!CommandHeaders.Read(http).Is(out var headers, out var wrong))
        {
            return Problems.Result(http, wrong);
        }

        await using var tx = await database.BeginAsync(http.RequestAborted);
        if (!(await change(tx, headers, headers.Trail(clock.GetUtcNow()))).Is(out var changed, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        tx.Publish(changed.Event, AccessStream.Id);
        await tx.CommitAsync(CancellationToken.None);
        store.Forget();
        return changed.Answer;
    }

    /// <summary>
    /// Makes something. A repeat with the same key makes nothing: it gets the first answer, or, if a secret was in that, the problem <c>secret-told-once</c> with where to find what was made;
    /// secrets are not kept in clear, so they cannot be told again.
    /// </summary>
    /// <param name="http">The request.</param>
    /// <param name="body">What it asks for, to tell a repeat from another request with the same key.</param>
    /// <param name="status">Of the answer.</param>
    /// <param name="make">Returns what was made, or why not.</param>
    public async Task<IResult> MakeAsync<TEvent, TView>(HttpContext http, object? body, int status, Func<HvTransaction, Trail, Task<Outcome<Made<TEvent, TView>>>> make)
        where TEvent : class
        where TView : class
    {
        if (!CommandHeaders.Read(http).Is(out var headers, out var wrong))
        {
            return Problems.Result(http, wrong);
        }

        var now = clock.GetUtcNow();
        await using var tx = await database.BeginAsync(http.RequestAborted);
        if (headers.IdempotencyKey is { } claimed)
        {
            var hash = Idempotency.Hash(http.Request.Method, http.Request.Path, body);
            var (first, reused) = await Idempotency.ClaimAsync<Kept<TView>>(tx, headers.Owner, claimed, hash, now, options.IdempotencyRetention, http.RequestAborted);
            if (reused is not null)
            {
                return Problems.Result(http, reused);
            }

            if (first is not null)
            {
                http.Response.Headers["Idempotency-Replayed"] = "true";
                http.Response.Headers.Location = first.Url;
                return first.View is { } again ? Results.Json(again, HvJson.Options, statusCode: status) : Problems.Result(http, AccessRefusals.SecretToldOnce(first.Url));
            }
        }

        if (!(await make(tx, headers.Trail(now))).Is(out var made, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        if (headers.IdempotencyKey is { } key)
        {
            await Idempotency.KeepAsync(tx, headers.Owner, key, null, new Kept<TView> { Url = made.Url, View = made.HasSecret ? null : made.View }, http.RequestAborted);
        }

        tx.Publish(made.Event, AccessStream.Id);
        await tx.CommitAsync(CancellationToken.None);
        store.Forget();
        http.Response.Headers.Location = made.Url;
        http.Response.Headers.CacheControl = "no-store";
        return Results.Json(made.View, HvJson.Options, statusCode: status);
    }

    /// <summary>What is kept of an answer beside its key.</summary>
    sealed record Kept<TView>
        where TView : class
    {
        public required string Url { get; init; }

        /// <summary>The answer; null if a secret was in it.</summary>
        public TView? View { get; init; }
    }
}

/// <summary>What a change comes to.</summary>
internal sealed record Changed<TEvent>(TEvent Event, IResult Answer);

/// <summary>What was made.</summary>
/// <param name="Event">Tells it.</param>
/// <param name="View">The answer.</param>
/// <param name="Url">Where it is found, or the list that has it.</param>
/// <param name="HasSecret">The answer has a secret in it that is told this once.</param>
internal sealed record Made<TEvent, TView>(TEvent Event, TView View, string Url, bool HasSecret);
