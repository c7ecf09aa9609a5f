using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// <c>GET /v1/sign-in/start</c> and <c>GET /v1/sign-in/callback</c>: a browser is sent to the issuer and comes back with a code, which this process redeems for the person's token (OpenID Connect,
/// authorization code with PKCE). The browser gets a session; the token never reaches it.
/// </summary>
internal static class SignInAtIssuer
{
    const string Callback = "/v1/sign-in/callback";
    const int MaxCode = 4000;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/sign-in/start", StartAsync)
            .Redirects("StartSignIn", "Access", "Send a browser to the issuer to sign in.", [new("returnTo", "The page to come back to: a path of this site.")], 503)
            .WithMetadata(new Anonymous());
        v1.MapGet("/sign-in/callback", FinishAsync)
            .Redirects(
                "FinishSignIn", "Access", "Where the issuer sends a browser back to: a session is begun, and the browser is sent on to its page.",
                [
                    new("code", "What the issuer gives for the token."), new("state", "As it was sent to the issuer."), new("iss", "Who the issuer is."),
                    new("error", "Why the issuer did not sign the person in."), new("error_description", "The same in words."),
                ],
                401, 403, 503)
            .WithMetadata(new Anonymous(), new TakesAnyParameter());
    }

    static async Task<IResult> StartAsync(HttpContext http, OrchestratorOptions options, IssuerKeys issuer)
    {
        var oidc = options.Access.Oidc;
        if (!oidc.IsOn || (oidc.AuthorizationEndpoint ?? (await issuer.DescribeAsync(http.RequestAborted))?.AuthorizationEndpoint) is not { } endpoint)
        {
            return Problems.Result(http, NoIssuer(oidc));
        }

        var attempt = SignInAttempt.To(http.Request.Query["returnTo"]);
        attempt.Keep(http);
        return Results.Redirect(QueryHelpers.AddQueryString(endpoint, new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = oidc.ClientId ?? oidc.Audience,
            ["redirect_uri"] = RedirectUri(http, options),
            ["scope"] = oidc.Scopes,
            ["state"] = attempt.State,
            ["nonce"] = attempt.Nonce,
            ["code_challenge"] = attempt.Challenge,
            ["code_challenge_method"] = "S256",
        }));
    }

    static async Task<IResult> FinishAsync(
        HttpContext http, OrchestratorOptions options, IssuerKeys issuer, PersonTokens people, Sessions sessions, SignIns signIns, RateLimits limits, RefusalLog refusals, TimeProvider clock)
    {
        if (limits.TakeSignIn(http) is { } tooOften)
        {
            return Problems.Result(http, tooOften);
        }

        var query = http.Request.Query;
        var attempt = SignInAttempt.Take(http, query["state"]);
        if (!(await RedeemAsync(http, attempt, options, issuer, people)).Is(out var person, out var refusal))
        {
            refusals.Note(http, null, refusal.Error.Code);
            return Problems.Result(http, refusal);
        }

        // The token says when it ends itself, which is soon; the session goes by the platform's own rule, and the person's roles are looked up with each request.
        var caller = person with { ExpiresAt = clock.GetUtcNow() + options.Access.SessionLifetime };
        await signIns.TellAsync(http, caller);
        var (cookie, lifetime) = await sessions.BeginAsync(new Session(caller, "person"), http.RequestAborted);
        http.Response.Cookies.Append(Sessions.CookieName, cookie, StartSession.CookieOf(http, lifetime));
        return Results.Redirect(attempt!.ReturnTo);
    }

    static async Task<Outcome<Caller>> RedeemAsync(HttpContext http, SignInAttempt? attempt, OrchestratorOptions options, IssuerKeys issuer, PersonTokens people)
    {
        var (oidc, query) = (options.Access.Oidc, http.Request.Query);
        if (!oidc.IsOn)
        {
            return NoIssuer(oidc);
        }

        if (attempt is null)
        {
            return Failed("This browser has begun no such sign-in, or more than ten minutes ago, or another one since.");
        }

        if (query["iss"].ToString() is { Length: > 0 } iss && iss != oidc.Issuer)
        {
            return Failed("Another issuer than the configured one has answered.");
        }

        if (query["error"].ToString() is { Length: > 0 } error)
        {
            return Failed($"The issuer answered: {Line(error, 100)} {Line(query["error_description"].ToString(), 300)}".TrimEnd() + ".");
        }

        if (query["code"].ToString() is not { Length: > 0 and <= MaxCode } code || (oidc.TokenEndpoint ?? (await issuer.DescribeAsync(http.RequestAborted))?.TokenEndpoint) is not { } endpoint)
        {
            return Failed("The issuer gave no code, or names no address where it is redeemed.");
        }

        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = RedirectUri(http, options),
            ["client_id"] = (oidc.ClientId ?? oidc.Audience)!,
            ["code_verifier"] = attempt.Verifier,
        };
        if (oidc.ReadClientSecret() is { } secret)
        {
            form["client_secret"] = secret;
        }

        try
        {
            using var answer = await issuer.PostAsync(endpoint, form, http.RequestAborted);
            return answer.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("id_token", out var token) && token.ValueKind == JsonValueKind.String
                ? await people.ReadAsync(token.GetString()!, oidc.ClientId ?? oidc.Audience, attempt.Nonce, http.RequestAborted)
                : Failed("The issuer gave no id_token for the code; the scope openid is needed.");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException or InvalidDataException && !http.RequestAborted.IsCancellationRequested)
        {
            return Failed($"The code could not be redeemed at {endpoint}: {e.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>The same at start and end: the issuer compares it, and with what is registered there.</summary>
    static string RedirectUri(HttpContext http, OrchestratorOptions options) =>
        (options.PublicUrl?.GetLeftPart(UriPartial.Path).TrimEnd('/') ?? $"{http.Request.Scheme}://{http.Request.Host}") + Callback;

    static string Line(string text, int most) => new([.. text.Take(most).Where(c => !char.IsControl(c))]);

    static Refusal NoIssuer(OidcOptions oidc) => Refusals.Of(ErrorKind.Unsupported, "issuer-not-configured",
        oidc.IsOn ? $"The issuer {oidc.Issuer} has not said where browsers sign in." : "This platform has no issuer where people sign in.",
        "Set Orchestrator:Access:Oidc (docs/howto/access.md), or sign in with a token.");

    static Refusal Failed(string why) => Refusals.Of(ErrorKind.Denied, "sign-in-failed", $"Nobody is signed in: {why}", "Begin again at the sign-in page; if it goes on, an administrator looks at Orchestrator:Access:Oidc.");
}
