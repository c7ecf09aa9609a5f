using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Http;

/// <summary>Answers whatever below /v1 nothing else answers.</summary>
internal static class NoSuchEndpoint
{
    public static void Map(RouteGroupBuilder v1) => v1.MapFallback("{**path}", Handle).ExcludeFromDescription();

    static IResult Handle(string? path, HttpContext http)
    {
        _ = path;
        if (http.Request.ContentType is not null && !http.Request.HasJsonContentType())
        {
            // Routing passes over an endpoint that does not take the body's media type, and comes here.
            return Problems.Result(http, JsonBody.NotJson(http.Request.ContentType));
        }

        return Problems.Result(http, Refusals.Of(ErrorKind.NotFound, "no-such-endpoint", $"There is no {http.Request.Method} {http.Request.Path}.",
            "The endpoints and their methods are listed in /openapi/v1.json."));
    }
}
