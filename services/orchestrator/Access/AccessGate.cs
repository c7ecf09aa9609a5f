using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using Npgsql;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// In front of every endpoint: is the request meant for this process, and who makes it. Below <c>/v1</c> nothing is answered, not even that there is no such
/// path, before the caller is known, except by endpoints that say they are anonymous.
/// </summary>
internal sealed class AccessGate(RequestDelegate next, OrchestratorOptions options, Authenticator authenticator, ILogger<AccessGate> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path;
        if (path.StartsWithSegments("/health") || path.StartsWithSegments("/metrics"))
        {
            await next(http);
            return;
        }

        if (!options.Access.IsOwnHost(http.Request.Host.Host))
        {
            await RefuseAsync(http, Refusals.Of(ErrorKind.Denied, "host-not-allowed", "The Host header names another site than this one.",
                "Use http://127.0.0.1 or http://localhost, or add the name to Orchestrator:Access:AllowedHosts."));
            return;
        }

        if (path.StartsWithSegments("/v1") && http.GetEndpoint()?.Metadata.GetMetadata<Anonymous>() is null && await AuthenticateAsync(http) is { } refusal)
        {
            await RefuseAsync(http, refusal);
            return;
        }

        await next(http);
    }

    async Task<Refusal?> AuthenticateAsync(HttpContext http)
    {
        try
        {
            if (!(await authenticator.AuthenticateAsync(http)).Is(out var session, out var refusal))
            {
                return refusal;
            }

            http.Features.Set(session.Caller);
            http.Features.Set(session);
            return null;
        }
        catch (NpgsqlException e)
        {
            Log.DatabaseUnavailable(log, http.Request.Method, http.Request.Path, e);
            return Refusals.Of(ErrorKind.Transient, "database-unavailable", "The orchestrator's database does not answer, so it cannot be told who asks.", "Try again shortly.") with
            { RetryAfterSeconds = options.RetryAfterSeconds };
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
