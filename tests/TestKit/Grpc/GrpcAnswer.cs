using System.Collections.Concurrent;
using System.Text.Json;

namespace HvPlatform.TestKit.Grpc;

/// <summary>What came of a call.</summary>
public sealed class GrpcAnswer
{
    readonly TaskCompletionSource<GrpcAnswer> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ConcurrentQueue<JsonElement> _messages = new();
    JsonElement _end;

    /// <summary>When it has ended.</summary>
    public Task<GrpcAnswer> Ended => _ended.Task;

    /// <summary>When a stream's metadata has come.</summary>
    public Task Open => _open.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>What has come so far.</summary>
    public IReadOnlyList<JsonElement> Messages => [.. _messages];

    /// <summary>The status's name, <c>OK</c> or <c>NOT_FOUND</c> and so on.</summary>
    public string Code => Text("code");

    /// <summary>The status's message.</summary>
    public string Details => Text("details");

    /// <summary>From the status details: reason, kind, native_code and so on.</summary>
    public JsonElement Error => _end.GetProperty("error");

    /// <summary>One of the server's initial metadata; null if it is not there.</summary>
    public string? Initial(string name) => _end.TryGetProperty("initial", out var all) && all.TryGetProperty(name, out var value) ? value.GetString() : null;

    /// <inheritdoc/>
    public override string ToString() => _end.ToString();

    internal void Take(JsonElement said)
    {
        if (said.TryGetProperty("open", out _))
        {
            _open.TrySetResult();
        }
        else if (said.TryGetProperty("message", out var message))
        {
            _messages.Enqueue(message);
        }
        else
        {
            _end = said;
            foreach (var one in said.GetProperty("messages").EnumerateArray().Skip(_messages.Count))
            {
                _messages.Enqueue(one);
            }

            _open.TrySetException(new InvalidOperationException($"The call has ended before it was open: {said}"));
            _ended.TrySetResult(this);
        }
    }

    internal void Fail(Exception e)
    {
        _open.TrySetException(e);
        _ended.TrySetException(e);
    }

    string Text(string name) => _end.ValueKind == JsonValueKind.Object && _end.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";
}
