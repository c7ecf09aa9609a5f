using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.Store;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Http;

/// <summary>
/// The way of every mutating request: headers, then one transaction with the idempotency key and whatever accepts the request, then 202 with the operation.
/// A refusal rolls the transaction back: nothing has changed, not even the key.
/// </summary>
internal sealed class CommandPipeline(
    [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock, ILogger<CommandPipeline> log)
{
    /// <summary>Runs a request. <paramref name="body"/> is what the request asks for, to tell a repeat from another request with the same key.</summary>
    public async Task<IResult> RunAsync(HttpContext http, object? body, Func<OrchestratorTx, CommandHeaders, Task<Outcome<Operation>>> accept)
    {
        if (!CommandHeaders.Read(http).Is(out var headers, out var wrongHeaders))
        {
            return Problems.Result(http, wrongHeaders);
        }

        await using var tx = await database.BeginAsync(http.RequestAborted);
        var hash = headers.IdempotencyKey is null ? null : Idempotency.Hash(http.Request.Method, http.Request.Path, body);
        if (hash is not null)
        {
            var (answer, reused) = await Idempotency.ClaimAsync(
                tx, headers.RequestedBy, headers.IdempotencyKey!, hash, clock.GetUtcNow(), options.IdempotencyRetention, http.RequestAborted);
            if (reused is not null)
            {
                return Problems.Result(http, reused);
            }

            if (answer is not null)
            {
                http.Response.Headers["Idempotency-Replayed"] = "true";
                return Accepted(http, answer);
            }
        }

        var outcome = await accept(new OrchestratorTx(tx), headers);
        if (!outcome.Is(out var operation, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var view = OperationView.Of(operation);
        if (hash is not null)
        {
            await Idempotency.KeepAsync(tx, headers.RequestedBy, headers.IdempotencyKey!, view, http.RequestAborted);
        }

        // From here on the request counts, whether or not the client still listens.
        await tx.CommitAsync(CancellationToken.None);
        Log.Accepted(log, operation.Kind, operation.Id, operation.VmId, operation.HostId, operation.Epoch, operation.Trail.RequestedBy);
        return Accepted(http, view);
    }

    static IResult Accepted(HttpContext http, OperationView view)
    {
        http.Response.Headers.Location = view.Url;
        return Results.Json(view, HvJson.Options, statusCode: StatusCodes.Status202Accepted);
    }
}
