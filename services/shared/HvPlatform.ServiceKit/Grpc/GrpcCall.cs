using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>What a method knows of the call beside its request. It keeps nothing of the connection, so a method that goes on after the call has ended does no harm.</summary>
public sealed class GrpcCall
{
    readonly Dictionary<string, string> _metadata;

    internal GrpcCall(HttpContext http, CancellationToken cancellationToken)
    {
        _metadata = http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        CancellationToken = cancellationToken;
    }

    /// <summary>Cancelled when the caller goes away or its deadline passes.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>Set for a method with a stream of answers.</summary>
    internal Func<Task>? Opening { get; set; }

    /// <summary>Of a stream: says that it has begun, before there is a first message.</summary>
    public Task OpenAsync() => Opening?.Invoke() ?? Task.CompletedTask;

    /// <summary>What is said to the caller before the first message, or with the status if there is none.</summary>
    internal ConcurrentDictionary<string, string> Answered { get; } = new(StringComparer.Ordinal);

    /// <summary>What the caller said beside its request; null if nothing under this name.</summary>
    public string? Metadata(string name) => _metadata.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>Says something beside the answer. It counts until the first message is on its way.</summary>
    /// <param name="name">Lower case.</param>
    /// <param name="value">Printable ASCII.</param>
    public void Answer(string name, string value) => Answered[name] = value;
}
