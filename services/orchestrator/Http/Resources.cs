using System.Buffers;
using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Http;

/// <summary>Responses of reading endpoints.</summary>
internal static class Resources
{
    const string Json = "application/json; charset=utf-8";

    /// <summary>A document without an ETag.</summary>
    public static IResult Ok<T>(T value) => Results.Json(value, HvJson.Options);

    /// <summary>A single resource with its ETag; 304 if the client's copy is the very same. With <paramref name="fields"/> only those members.</summary>
    public static IResult Single<T>(HttpContext http, T value, string? etag = null, Fields? fields = null)
        where T : class => Tagged(http, fields is null ? Serialize(value) : Write(writer => fields.Write(writer, value)), fields is null ? etag : null);

    /// <summary>A page of a list with an ETag of its bytes; 304 if the client's copy is the very same. With <paramref name="fields"/> only those members of its items.</summary>
    public static IResult Page<T>(HttpContext http, Page<T> page, Fields? fields = null)
        where T : class
    {
        if (fields is null)
        {
            return Tagged(http, Serialize(page), null);
        }

        return Tagged(http, Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("items");
            foreach (var item in page.Items)
            {
                fields.Write(writer, item);
            }

            writer.WriteEndArray();
            Member(writer, "nextCursor", page.NextCursor);
            Member(writer, "total", page.Total);
            Member(writer, "asOf", page.AsOf);
            writer.WriteEndObject();
        }), null);
    }

    /// <summary>The bytes a resource is sent as.</summary>
    public static byte[] Serialize<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, HvJson.Options);

    static void Member<T>(Utf8JsonWriter writer, string name, T? value)
    {
        if (value is not null)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, value, HvJson.Options);
        }
    }

    static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    static IResult Tagged(HttpContext http, byte[] bytes, string? etag)
    {
        etag ??= ETags.OfBytes(bytes);
        http.Response.Headers.ETag = etag;
        http.Response.Headers.CacheControl = "private, no-cache";
        return http.Request.Headers.IfNoneMatch.ToString() is { Length: > 0 } seen && ETags.SameCopy(seen, etag)
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(bytes, Json);
    }
}
