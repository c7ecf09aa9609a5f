using System.Runtime.CompilerServices;
using System.Text;

namespace HvPlatform.ApiClient;

/// <summary>One event of an event stream (WHATWG HTML, "Server-sent events").</summary>
/// <param name="Id">The stream's position after it; null for a transient event.</param>
/// <param name="Type">What happened, for example <c>vm_state_changed</c>.</param>
/// <param name="Data">JSON.</param>
public sealed record ServerSentEvent(string? Id, string Type, string Data)
{
    /// <summary>Reads events until the stream ends. Comments (heartbeats) are left out.</summary>
    internal static async IAsyncEnumerable<ServerSentEvent> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string? id = null;
        var type = "message";
        var data = new StringBuilder();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                if (data.Length > 0)
                {
                    yield return new(id, type, data.ToString());
                }

                (id, type) = (null, "message");
                data.Clear();
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = colon < 0 ? "" : line[(colon + 1)..] is [' ', .. var rest] ? rest : line[(colon + 1)..];
            switch (colon < 0 ? line : line[..colon])
            {
                case "id":
                    id = value;
                    break;
                case "event":
                    type = value;
                    break;
                case "data":
                    data.Append(data.Length > 0 ? "\n" : "").Append(value);
                    break;
            }
        }
    }
}
