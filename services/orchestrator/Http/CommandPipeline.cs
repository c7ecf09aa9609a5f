using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.Store;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Http;

/// <summary>
/// The way of every mutating request: headers, then one transaction with the idempotency key and whatever accepts the request, then 202 with the operation (or whatever else it is about).
/// A refusal rolls the transaction back: nothing has changed, not even the key.
/// </summary>
internal sealed class CommandPipeline(
    [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock, ILogger<CommandPipeline> log)
{
    /// <summary>Runs a request for an operation. <paramref name="body"/> is what the request asks for, to tell a repeat from another request with the same key.</summary>
    public Task<IResult> RunAsync(HttpContext http, object? body, Func<OrchestratorTx, CommandHeaders, Task<Outcome<Operation>>> accept) => RunAsync(
        http,
        body,
        async (tx, headers) => (await accept(tx, headers)).Is(out var operation, out var refusal) ? OperationView.Of(operation) : (Outcome<OperationView>)refusal,
        view => view.Url,
        view => view.Id,
        view => Log.Accepted(log, view.Kind, view.Id, view.VmId, view.HostId, view.Epoch, view.Trail.RequestedBy));

    /// <summary>Runs a request whose answer is a <typeparamref name="T"/>; <paramref name="operation"/> names the operation it is, if it is one.</summary>
    public async Task<IResult> RunAsync<T>(
        HttpContext http, object? body, Func<OrchestratorTx, CommandHeaders, Task<Outcome<T>>> accept, Func<T, string> url, Func<T, OperationId?>? operation = null, Action<T>? accepted = null)
        where T : class
    {
        if (!CommandHeaders.Read(http).Is(out var headers, out var wrongHeaders))
        {
            return Problems.Result(http, wrongHeaders);
        }

        await using var tx = await database.BeginAsync(http.RequestAborted);
        var hash = headers.IdempotencyKey is null ? null : Idempotency.Hash(http.Request.Method, http.Request.Path, body);
        if (hash is not null)
        {
            var (answer, reused) = await Idempotency.ClaimAsync<T>(
                tx, headers.Owner, headers.IdempotencyKey!, hash, clock.GetUtcNow(), options.IdempotencyRetention, http.RequestAborted);
            if (reused is not null)
            {
                return Problems.Result(http, reused);
            }

            if (answer is not null)
            {
                http.Response.Headers["Idempotency-Replayed"] = "true";
                return Accepted(http, answer, url);
            }
        }

        var outcome = await accept(new OrchestratorTx(tx), headers);
        if (!outcome.Is(out var view, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        if (hash is not null)
        {
            await Idempotency.KeepAsync(tx, headers.Owner, headers.IdempotencyKey!, operation?.Invoke(view), view, http.RequestAborted);
        }

        // From here on the request counts, whether or not the client still listens.
        await tx.CommitAsync(CancellationToken.None);
        accepted?.Invoke(view);
        return Accepted(http, view, url);
    }

    static IResult Accepted<T>(HttpContext http, T view, Func<T, string> url)
    {
        http.Response.Headers.Location = url(view);
        return Results.Json(view, HvJson.Options, statusCode: StatusCodes.Status202Accepted);
    }
}
