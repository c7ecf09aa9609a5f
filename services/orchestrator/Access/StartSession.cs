using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// <c>POST /v1/session</c>: makes a cookie out of a bearer token, for browsers: scripts of a page cannot read it, and event streams carry it. The cookie ends with the
/// token, and after <see cref="AccessOptions.SessionLifetime"/>.
/// </summary>
internal static class StartSession
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/session", HandleAsync)
        .Does("StartSession", "Access", "Sign a browser in: 204 with a cookie that stands for the bearer token.", 401, 503);

    static async Task<IResult> HandleAsync(HttpContext http, Sessions sessions, SignIns signIns, RateLimits limits)
    {
        if (limits.TakeSignIn(http) is { } tooOften)
        {
            return Problems.Result(http, tooOften);
        }

        var session = http.Features.GetRequiredFeature<Session>();
        if (session.Caller.BySession)
        {
            return Problems.Result(http, Refusals.Of(ErrorKind.Denied, "unauthenticated", "A session cannot be made out of another one.", "Send a bearer token."));
        }

        await signIns.TellAsync(http, session.Caller);
        var (cookie, lifetime) = await sessions.BeginAsync(session, http.RequestAborted);
        http.Response.Cookies.Append(Sessions.CookieName, cookie, CookieOf(http, lifetime));
        return Results.NoContent();
    }

    /// <summary>How a browser is to keep the cookie.</summary>
    public static CookieOptions CookieOf(HttpContext http, TimeSpan lifetime) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/", MaxAge = lifetime, IsEssential = true };
}
