using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace HvPlatform.ApiClient;

/// <summary>What the API answered to a request that it did not refuse.</summary>
/// <param name="status">The HTTP status, 2xx or 304.</param>
/// <param name="headers">For example <c>ETag</c>, <c>Location</c>.</param>
/// <param name="body">As it came; empty if there was none.</param>
public class Answer(HttpStatusCode status, HttpResponseHeaders headers, byte[] body)
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status => status;

    /// <summary>The answer's headers.</summary>
    public HttpResponseHeaders Headers => headers;

    /// <summary>The body as it came.</summary>
    public ReadOnlyMemory<byte> Body => body;

    /// <summary>The body as JSON, with members that this client does not know.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public JsonElement Json => JsonElement.Parse(body);

    /// <summary>The body as a type.</summary>
    /// <exception cref="JsonException">It does not fit.</exception>
    public T Read<T>(JsonTypeInfo<T> type) => JsonSerializer.Deserialize(body, type) ?? throw new JsonException("The body is null.");
}

/// <summary>An answer with a body of a known type.</summary>
/// <typeparam name="T">The body's type.</typeparam>
public sealed class Answer<T>(HttpStatusCode status, HttpResponseHeaders headers, byte[] body, JsonTypeInfo<T> type) : Answer(status, headers, body)
{
    T? _value;

    /// <summary>The body, read when it is first asked for.</summary>
    /// <exception cref="JsonException">It does not fit.</exception>
    public T Value => _value ??= Read(type);
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
