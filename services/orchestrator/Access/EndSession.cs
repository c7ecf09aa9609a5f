using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Access;

/// <summary><c>DELETE /v1/session</c>: signs the browser out.</summary>
internal static class EndSession
{
    public static void Map(RouteGroupBuilder v1) => v1.MapDelete("/session", HandleAsync)
        .Does("EndSession", "Access", "Sign the browser out: its cookie is good for nothing any more.", 401, 403, 503);

    static async Task<IResult> HandleAsync(HttpContext http, Sessions sessions)
    {
        if (http.Request.Cookies[Sessions.CookieName] is { Length: > 0 } cookie)
        {
            await sessions.EndAsync(cookie, http.RequestAborted);
            http.Response.Cookies.Delete(Sessions.CookieName, StartSession.CookieOf(http, TimeSpan.Zero));
        }

        return Results.NoContent();
    }
}
