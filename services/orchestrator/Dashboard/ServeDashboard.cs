using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace HvPlatform.Orchestrator.Dashboard;

/// <summary>
/// <c>GET /…</c>: the dashboard. Its page is answered for every path that is not the API's, because the page's own router knows the rest. Files under <c>/assets/</c>
/// carry a hash of their content in their names and are kept by browsers for ever.
/// </summary>
internal static class ServeDashboard
{
    static readonly string[] s_notPages = ["/v1", "/openapi", "/health", "/metrics", "/assets"];

    public static void Map(WebApplication app)
    {
        var files = DashboardFiles.Read(app.Services.GetRequiredService<OrchestratorOptions>().Dashboard.Path);
        app.MapFallback("{**path}", (HttpContext http) => Answer(http, files)).ExcludeFromDescription();
    }

    static IResult Answer(HttpContext http, DashboardFiles files)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            return Results.StatusCode(StatusCodes.Status405MethodNotAllowed);
        }

        var path = http.Request.Path.Value ?? "/";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        if (files.Find(path) is { } file)
        {
            return File(http, path, file);
        }

        return s_notPages.Any(p => http.Request.Path.StartsWithSegments(p, StringComparison.Ordinal)) ? Results.NotFound()
            : files.Page is { } page ? Page(http, page)
            : Results.Text("The dashboard is not built. ./hv up builds it; by hand: npm ci && npm run build in services/dashboard. The API is at /v1, its description at /openapi/v1.json.\n",
                statusCode: StatusCodes.Status404NotFound);
    }

    static IResult File(HttpContext http, string path, DashboardFile file)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = path.StartsWith("/assets/", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";
        var content = file.Content;
        if (file.Brotli is not null || file.Gzip is not null)
        {
            headers.Vary = HeaderNames.AcceptEncoding;
            (var encoding, content) = Choose(http.Request.Headers.AcceptEncoding.ToString(), file);
            if (encoding is not null)
            {
                headers.ContentEncoding = encoding;
            }
        }

        return Results.Bytes(content, file.ContentType);
    }

    static (string? Encoding, byte[] Content) Choose(string accepted, DashboardFile file)
    {
        bool Takes(string encoding) => accepted.Split(',').Select(e => e.Trim()).Any(e => e == encoding || (e.StartsWith(encoding + ";", StringComparison.Ordinal) && !e.EndsWith("q=0", StringComparison.Ordinal)));
        return file.Brotli is { } brotli && Takes("br") ? ("br", brotli) : file.Gzip is { } gzip && Takes("gzip") ? ("gzip", gzip) : (null, file.Content);
    }

    static IResult Page(HttpContext http, string page)
    {
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        return Results.Text(page.Replace(DashboardFiles.NoncePlaceholder, nonce, StringComparison.Ordinal), "text/html; charset=utf-8");
    }
}
