using System.Diagnostics;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using Npgsql;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// In front of every endpoint: is the request meant for this process, who makes it, does it come too often, and may the caller do this to the object in the path. Below <c>/v1</c>
/// nothing is answered, not even that there is no such path, before the caller is known, except by endpoints that say they are anonymous.
/// </summary>
internal sealed class AccessGate(
    RequestDelegate next, OrchestratorOptions options, Authenticator authenticator, GoodCredentials good, RateLimits limits, ObjectCheck objects, RefusalLog refusals, ILogger<AccessGate> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path;
        if (path.StartsWithSegments("/health") || path.StartsWithSegments("/metrics"))
        {
            await next(http);
            return;
        }

        SecurityHeaders.Add(http);
        if (!options.Access.IsOwnHost(http.Request.Host.Host))
        {
            await RefuseAsync(http, Refusals.Of(ErrorKind.Denied, "host-not-allowed", "The Host header names another site than this one.",
                "Use http://127.0.0.1 or http://localhost, or add the name to Orchestrator:Access:AllowedHosts."));
            return;
        }

        if (path.StartsWithSegments("/v1") && await CheckAsync(http) is { } refusal)
        {
            await RefuseAsync(http, refusal);
            return;
        }

        await next(http);
    }

    async Task<Refusal?> CheckAsync(HttpContext http)
    {
        var endpoint = http.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<Anonymous>() is not null)
        {
            return limits.TakeAnonymous(http);
        }

        // Finding out who it is may ask the database or the issuer: whoever only guesses gets no more of that than of anything else.
        var credential = Authenticator.CredentialOf(http);
        var known = good.Contains(credential) || authenticator.IsLocal(http);
        if (!known && limits.TakeUnknown(http, credential) is { } tooOften)
        {
            refusals.Note(http, null, tooOften.Error.Code);
            return tooOften;
        }

        try
        {
            if (!(await authenticator.AuthenticateAsync(http)).Is(out var session, out var refusal))
            {
                good.Remove(credential);
                refusals.Note(http, null, refusal.Error.Code);
                return (known ? limits.TakeUnknown(http, credential) : null) ?? refusal;
            }

            good.Add(credential);
            var caller = session.Caller;
            http.Features.Set(session);
            http.Features.Set(caller);
            refusal = limits.Take(http, caller) ?? (endpoint is null ? null : await objects.CheckPathAsync(http, caller, AccessRules.Of(endpoint)));
            if (refusal is not null)
            {
                refusals.Note(http, caller.InHistory, refusal.Error.Code);
            }

            return refusal;
        }
        catch (NpgsqlException e) when (e is not PostgresException { IsTransient: false } || e is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName })
        {
            Log.DatabaseUnavailable(log, http.Request.Method, http.Request.Path, e);
            return Refusals.Of(ErrorKind.Transient, "database-unavailable", "The orchestrator's database does not answer, or has not all of its tables yet, so it cannot be told what the caller may do.",
                "Try again shortly.") with
            { RetryAfterSeconds = options.RetryAfterSeconds };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.RequestFailed(log, http.Request.Method, http.Request.Path, e);
            return Refusals.Of(ErrorKind.Fatal, "internal-error", "The orchestrator failed to find out what the caller may do.",
                $"Look for trace {Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier} in its log.");
        }
    }

    static Task RefuseAsync(HttpContext http, Refusal refusal)
    {
        if (refusal.Error.Code == "unauthenticated")
        {
            http.Response.Headers.WWWAuthenticate = http.Request.Headers.Authorization.Count > 0 ? "Bearer error=\"invalid_token\"" : "Bearer";
        }

        return Problems.Result(http, refusal).ExecuteAsync(http);
    }
}

/// <summary>Endpoint metadata: it answers whoever asks.</summary>
internal sealed record Anonymous;
