using System.Globalization;
using System.Text.Json;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>A client of an event stream: remembers the last id as a browser does.</summary>
public sealed class SseClient(HttpClient http, string path, string? lastEventId = null)
{
    /// <summary>The id to resume with; null before the first line.</summary>
    public string? LastEventId { get; private set; } = lastEventId;

    /// <summary>What was received, in order, over all connections.</summary>
    public List<(long Id, string Type, JsonElement Data)> Received { get; } = [];

    /// <summary>Heartbeat comments received.</summary>
    public int Heartbeats { get; private set; }

    /// <summary>Connects and reads until the condition holds after a block, then drops the connection.</summary>
    public async Task ReadAsync(Func<SseClient, bool> until, int timeoutSeconds = 30)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(timeoutSeconds));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (LastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", LastEventId);
        }

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(timeout.Token));
        var (id, type, data) = (0L, "", "");
        while (await reader.ReadLineAsync(timeout.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                LastEventId = line[4..];
                id = long.Parse(LastEventId, CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                type = line[7..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                data = line[6..];
            }
            else if (line == ": heartbeat")
            {
                Heartbeats++;
            }
            else if (line.Length == 0)
            {
                if (data.Length > 0)
                {
                    Received.Add((id, type, JsonDocument.Parse(data).RootElement));
                }

                (type, data) = ("", "");
                if (until(this))
                {
                    return;
                }
            }
        }

        throw new EndOfStreamException($"The stream ended after {Received.Count} events.");
    }
}
