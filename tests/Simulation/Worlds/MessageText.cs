using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Simulation.Bus;

namespace HvPlatform.Simulation.Worlds;

/// <summary>A message in a few words, for the trace.</summary>
static class MessageText
{
    static readonly string[] s_members = ["step", "outcome", "exists", "state", "transferRunning", "from", "to", "epoch", "timer", "percent"];

    public static string Of(World world, Envelope message)
    {
        using var json = JsonDocument.Parse(message.Body);
        var root = json.RootElement;
        var parts = new List<string>();
        if (root.TryGetProperty("operationId", out var operation))
        {
            parts.Add(operation.GetString()![^6..]);
        }

        if (root.TryGetProperty("hostId", out var host) && HostId.TryParse(host.GetString()!, null, out var id))
        {
            parts.Add(world.NameOf(id));
        }

        foreach (var member in s_members)
        {
            if (root.TryGetProperty(member, out var value) && value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
            {
                parts.Add($"{member}={value}");
            }
        }

        if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            parts.Add($"error={error.GetProperty("code").GetString()}: {error.GetProperty("message").GetString()}");
        }

        return $"{message.Type.Name} {string.Join(' ', parts)}";
    }
}
