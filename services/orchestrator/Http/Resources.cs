using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Http;

/// <summary>Responses of reading endpoints.</summary>
internal static class Resources
{
    /// <summary>A list or document without an ETag.</summary>
    public static IResult Ok<T>(T value) => Results.Json(value, HvJson.Options);

    /// <summary>A single resource with its ETag; 304 if the client's copy is the very same.</summary>
    public static IResult Single<T>(HttpContext http, T value, string? etag = null)
    {
        var bytes = Serialize(value);
        etag ??= ETags.OfBytes(bytes);
        http.Response.Headers.ETag = etag;
        http.Response.Headers.CacheControl = "private, no-cache";
        return http.Request.Headers.IfNoneMatch.ToString() is { Length: > 0 } seen && ETags.SameCopy(seen, etag)
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(bytes, "application/json; charset=utf-8");
    }

    /// <summary>The bytes a resource is sent as.</summary>
    public static byte[] Serialize<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, HvJson.Options);
}
