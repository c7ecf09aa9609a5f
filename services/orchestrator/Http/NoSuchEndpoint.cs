using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using Microsoft.AspNetCore.Routing.Template;

namespace HvPlatform.Orchestrator.Http;

/// <summary>Answers whatever below /v1 nothing else answers: 404, or what else is wrong with a request for a path that exists.</summary>
internal static class NoSuchEndpoint
{
    public static void Map(RouteGroupBuilder v1) => v1.MapFallback("{**path}", Handle).WithMetadata(new Fallback()).ExcludeFromDescription();

    static IResult Handle(HttpContext http, EndpointDataSource endpoints)
    {
        var methods = MethodsOf(http.Request.Path, endpoints);
        if (methods.Contains(http.Request.Method))
        {
            // Routing passes over an endpoint that does not take the body's media type, and comes here.
            return Problems.Result(http, JsonBody.NotJson(http.Request.ContentType ?? ""));
        }

        if (methods.Count > 0)
        {
            http.Response.Headers.Allow = string.Join(", ", methods);
            return Problems.Result(http, Refusals.Of(ErrorKind.Unsupported, "method-not-allowed", $"{http.Request.Path} does not take {http.Request.Method}.",
                $"It takes {string.Join(" and ", methods)}.") with
            { Found = http.Request.Method, Allowed = [.. methods] });
        }

        return Problems.Result(http, Refusals.Of(ErrorKind.NotFound, "no-such-endpoint", $"There is no {http.Request.Path}.",
            "The endpoints and their methods are listed in /openapi/v1.json."));
    }

    /// <summary>The methods that endpoints of the API take on a path.</summary>
    static SortedSet<string> MethodsOf(PathString path, EndpointDataSource endpoints) =>
        new(endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<Fallback>() is null && e.RoutePattern.RawText is not null
                && new TemplateMatcher(TemplateParser.Parse(e.RoutePattern.RawText), []).TryMatch(path, []))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []), StringComparer.Ordinal);

    /// <summary>Marks the endpoint that matches every path.</summary>
    sealed record Fallback;
}
