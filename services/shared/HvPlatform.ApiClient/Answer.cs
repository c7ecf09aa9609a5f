using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace HvPlatform.ApiClient;

/// <summary>What the API answered to a request that it did not refuse.</summary>
/// <param name="status">The HTTP status, 2xx or 304.</param>
/// <param name="headers">For example <c>ETag</c>, <c>Location</c>.</param>
/// <param name="body">As it came; empty if there was none.</param>
public class Answer(HttpStatusCode status, HttpResponseHeaders headers, byte[] body)
{
    JsonElement _json;

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status => status;

    /// <summary>The answer's headers.</summary>
    public HttpResponseHeaders Headers => headers;

    /// <summary>The body as it came.</summary>
    public ReadOnlyMemory<byte> Body => body;

    /// <summary>The body as JSON, with members that this client does not know; parsed when it is first asked for.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public JsonElement Json => _json.ValueKind == JsonValueKind.Undefined ? _json = JsonElement.Parse(body) : _json;

    /// <summary>The body as a type.</summary>
    /// <param name="read">One of <see cref="ApiTypes"/>.</param>
    /// <exception cref="JsonException">It does not fit.</exception>
    public T Read<T>(Func<JsonElement, T> read) => ApiJson.Read(Json, read);
}

/// <summary>An answer with a body of a known type.</summary>
/// <typeparam name="T">The body's type.</typeparam>
public sealed class Answer<T>(HttpStatusCode status, HttpResponseHeaders headers, byte[] body, Func<JsonElement, T> read) : Answer(status, headers, body)
{
    T? _value;

    /// <summary>The body, read when it is first asked for.</summary>
    /// <exception cref="JsonException">It does not fit.</exception>
    public T Value => _value ??= Read(read);
}

/// <summary>A page of a list.</summary>
/// <typeparam name="T">The items' type.</typeparam>
public interface IPage<T>
{
    /// <summary>In the order asked for.</summary>
    IReadOnlyList<T> Items { get; }

    /// <summary>What to ask the next page with; null on the last one.</summary>
    string? NextCursor { get; }
}
