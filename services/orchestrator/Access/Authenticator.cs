using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Access;

/// <summary>Finds out who makes a request: by its bearer token, or else by its session's cookie.</summary>
internal sealed class Authenticator(LocalToken local, AccessStore store, PersonTokens people, Sessions sessions, SignIns signIns)
{
    /// <summary>A header that a page of another site cannot send: browsers ask this API first, and it does not allow it.</summary>
    public const string CsrfHeader = "X-Requested-With";
    public const string CsrfValue = "hv-dashboard";

    const string Scheme = "Bearer ";
    const int MaxTokenLength = 8192;
    const int MaxCookieLength = 100;

    string LocalCredential => $"local:{local.Fingerprint}";

    /// <summary>What a request shows of who makes it, good or not; null if it shows nothing.</summary>
    public static string? CredentialOf(HttpContext http) =>
        http.Request.Headers.Authorization is { Count: > 0 } header ? header.ToString() : http.Request.Cookies[Sessions.CookieName] is { Length: > 0 } cookie ? $"{Sessions.CookieName} {cookie}" : null;

    /// <summary>Whether the request shows the local token: known without asking anybody.</summary>
    public bool IsLocal(HttpContext http) => BearerOf(http) is { Length: <= MaxTokenLength } token && local.Matches(token);

    /// <summary>Who it is and by which credential, or why that is not known.</summary>
    public async Task<Outcome<Session>> AuthenticateAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization.Count > 0)
        {
            return BearerOf(http) is { } token
                ? await ByTokenAsync(http, token)
                : Unauthenticated("The header Authorization is not of the form 'Bearer TOKEN'.");
        }

        if (http.Request.Cookies[Sessions.CookieName] is not { Length: > 0 } cookie)
        {
            return Unauthenticated("The request has no token.");
        }

        if (cookie.Length > MaxCookieLength || await sessions.FindAsync(cookie, http.RequestAborted) is not { } session || await CurrentAsync(session, http.RequestAborted) is not { } caller)
        {
            return Unauthenticated("The session has ended.");
        }

        return HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) || http.Request.Headers[CsrfHeader] == CsrfValue
            ? session with { Caller = caller with { BySession = true } }
            : Refusals.Of(ErrorKind.Denied, "csrf-check-failed", $"A request by cookie that changes something needs the header '{CsrfHeader}: {CsrfValue}'.", "Send the header, or a bearer token instead of the cookie.");
    }

    static string? BearerOf(HttpContext http) =>
        http.Request.Headers.Authorization is [{ } text] && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? text[Scheme.Length..].Trim() : null;

    async Task<Outcome<Session>> ByTokenAsync(HttpContext http, string token)
    {
        if (token.Length > MaxTokenLength)
        {
            return Unauthenticated("The token is too long.");
        }

        if (local.Matches(token))
        {
            return new Session(LocalToken.Caller, LocalCredential);
        }

        if (token.StartsWith(ApiTokens.Prefix, StringComparison.Ordinal))
        {
            return await store.FindTokenAsync(token, http.RequestAborted) is { } found
                ? new Session(Of(found), $"token:{found.Id}")
                : Unauthenticated("The API token is not known, has expired or was revoked.");
        }

        if (!(await people.ReadAsync(token, http.RequestAborted)).Is(out var person, out var refusal))
        {
            return refusal;
        }

        await signIns.TellOnceAsync(http, person, token);
        return new Session(await WithRolesAsync(person, http.RequestAborted), "person");
    }

    /// <summary>What a session's caller may do now; null if what the session was made with is no longer good.</summary>
    async Task<Caller?> CurrentAsync(Session session, CancellationToken cancellationToken) => session.Caller.Kind switch
    {
        CallerKind.Local => session.Credential == LocalCredential ? LocalToken.Caller : null,
        CallerKind.Token => Guid.TryParse(session.Credential["token:".Length..], out var id) && await store.FindTokenAsync(id, cancellationToken) is { } token ? Of(token) : null,
        _ => await WithRolesAsync(session.Caller, cancellationToken),
    };

    async Task<Caller> WithRolesAsync(Caller person, CancellationToken cancellationToken) =>
        person with { Roles = await store.RolesAsync(person.Subject, person.Claims, cancellationToken) };

    static Caller Of(ApiTokenView token) => new()
    {
        Name = token.Name,
        Kind = CallerKind.Token,
        Subject = $"token:{token.Id}",
        Roles = [.. token.Groups.Select(g => new RoleInGroup(g, token.Role))],
        ExpiresAt = token.ExpiresAt,
    };

    public static Refusal Unauthenticated(string why) => Refusals.Of(ErrorKind.Denied, "unauthenticated", why,
        "Send 'Authorization: Bearer TOKEN': the local token, an API token, or a token of the issuer that GET /v1/sign-in names.");
}
