namespace HvPlatform.Orchestrator.Access;

/// <summary>What browsers are told about every answer: that its type is what it says, and that no other site may embed it. Answers of the API are no pages and are not kept by anyone.</summary>
internal static class SecurityHeaders
{
    /// <summary>Sets them; an endpoint may set its own instead.</summary>
    public static void Add(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.XFrameOptions = "DENY";
        if (http.Request.IsHttps)
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }

        if (http.Request.Path.StartsWithSegments("/v1") || http.Request.Path.StartsWithSegments("/openapi"))
        {
            headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
            headers.CacheControl = "no-store";
        }
    }
}
