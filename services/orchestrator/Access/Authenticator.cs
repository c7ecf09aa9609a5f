using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Access;

/// <summary>Finds out who makes a request: by its bearer token, or else by its session's cookie.</summary>
internal sealed class Authenticator(LocalToken local, Sessions sessions)
{
    /// <summary>A header of what a page of another site cannot send: browsers ask this API first, and it does not allow it.</summary>
    public const string CsrfHeader = "X-Requested-With";
    public const string CsrfValue = "hv-dashboard";

    const string Scheme = "Bearer ";
    const int MaxTokenLength = 8192;
    const int MaxCookieLength = 100;

    /// <summary>Who it is, and the name of the credential, or why that is not known.</summary>
    public async Task<Outcome<Session>> AuthenticateAsync(HttpContext http)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count > 0)
        {
            var text = header.ToString();
            return header.Count == 1 && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                ? await ByTokenAsync(text[Scheme.Length..].Trim())
                : Unauthenticated("The header Authorization is not of the form 'Bearer TOKEN'.");
        }

        if (http.Request.Cookies[Sessions.CookieName] is not { Length: > 0 } cookie)
        {
            return Unauthenticated("The request has no token.");
        }

        if (cookie.Length > MaxCookieLength || await sessions.FindAsync(cookie, http.RequestAborted) is not { } session || await CurrentAsync(session) is not { } current)
        {
            return Unauthenticated("The session has ended.");
        }

        return HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) || http.Request.Headers[CsrfHeader] == CsrfValue
            ? current
            : Refusals.Of(ErrorKind.Denied, "csrf-check-failed", $"A request by cookie that changes something needs the header '{CsrfHeader}: {CsrfValue}'.", "Send the header, or a bearer token instead of the cookie.");
    }

    Task<Outcome<Session>> ByTokenAsync(string token) => Task.FromResult(
        token.Length > MaxTokenLength ? Unauthenticated("The token is too long.")
        : local.Matches(token) ? new Outcome<Session>(new Session(LocalToken.Caller, LocalCredential))
        : Unauthenticated("The token is not known here."));

    string LocalCredential => $"local:{local.Fingerprint}";

    /// <summary>What a session may do now; null if what it was made with is no longer good.</summary>
    Task<Session?> CurrentAsync(Session session) => Task.FromResult(
        session.Caller.Kind == CallerKind.Local && session.Credential == LocalCredential ? session with { Caller = session.Caller with { Roles = LocalToken.Caller.Roles } } : null);

    static Refusal Unauthenticated(string why) => Refusals.Of(ErrorKind.Denied, "unauthenticated", why,
        "Send 'Authorization: Bearer TOKEN': the local token, an API token, or a token of the issuer that GET /v1/sign-in names.");
}
