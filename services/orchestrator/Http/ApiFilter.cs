using System.Diagnostics;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using Npgsql;

namespace HvPlatform.Orchestrator.Http;

/// <summary>Around every endpoint of /v1: refuses query parameters the endpoint does not know, and turns what it throws into a problem document.</summary>
internal sealed class ApiFilter(ILogger<ApiFilter> log, OrchestratorOptions options) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (CheckParameters(http) is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        try
        {
            return await next(context);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: nobody reads this answer.
            return Results.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
        catch (BadHttpRequestException e)
        {
            var code = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "body-too-large" : "invalid-request";
            return Problems.Result(http, Refusals.Of(ErrorKind.Validation, code, e.Message, "Correct the request."));
        }
        catch (PostgresException e) when (e.SqlState.StartsWith("22", StringComparison.Ordinal) && http.Request.Query.ContainsKey("cursor"))
        {
            // A cursor whose sort value is not of the column's type.
            return Problems.Result(http, Refusals.Of(ErrorKind.Validation, "invalid-parameter", "Query parameter 'cursor' is not one that this API gave out.", "Begin again without cursor.") with
            { Fields = Refusals.Field("cursor", "is not one that this API gave out") });
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedFunction)
        {
            // A process of its own may be up before the inventory or telemetry has made its schema.
            return Problems.Result(http, Refusals.Of(ErrorKind.Transient, "database-unavailable", $"A table is not there yet: {e.MessageText}.",
                "Start the inventory and telemetry services on the same database; each makes its tables at its first start.") with
            { RetryAfterSeconds = options.RetryAfterSeconds });
        }
        catch (NpgsqlException e) when (e is not PostgresException || e.IsTransient)
        {
            Log.DatabaseUnavailable(log, http.Request.Method, http.Request.Path, e);
            return Problems.Result(http, Refusals.Of(ErrorKind.Transient, "database-unavailable",
                "The orchestrator's database does not answer. If it went away while the request was committed, only a repeat tells whether it counts.",
                "Try again shortly, with the same Idempotency-Key.") with
            { RetryAfterSeconds = options.RetryAfterSeconds });
        }
        catch (Exception e)
        {
            Log.RequestFailed(log, http.Request.Method, http.Request.Path, e);
            return Problems.Result(http, Refusals.Of(ErrorKind.Fatal, "internal-error", $"The orchestrator failed on {http.Request.Method} {http.Request.Path}.",
                $"Look for trace {Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier} in its log."));
        }
    }

    static Refusal? CheckParameters(HttpContext http)
    {
        if (http.Request.Query.Count == 0 || http.GetEndpoint()?.Metadata.GetMetadata<TakesAnyParameter>() is not null)
        {
            return null;
        }

        var known = http.GetEndpoint()?.Metadata.GetMetadata<KnownParameters>()?.Query ?? [];
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (name, value) in http.Request.Query)
        {
            if (!known.Any(k => k.Name == name))
            {
                errors[name] = ["is not known here"];
            }
            else if (value.Count > 1)
            {
                errors[name] = ["must be given once; separate several values by commas where they are allowed"];
            }
        }

        if (errors.Count == 0)
        {
            return null;
        }

        string[] names = [.. known.Select(k => k.Name)];
        return Refusals.Of(ErrorKind.Validation, "unknown-parameter",
            $"Query parameter {string.Join(" and ", errors.Select(e => $"'{e.Key}' {e.Value[0]}"))}.",
            names.Length == 0 ? "This endpoint takes no query parameters." : $"Known here: {string.Join(", ", names)}.") with
        { Fields = errors, Allowed = names };
    }
}
