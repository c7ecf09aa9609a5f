using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>A simulated fleet that has been through a migration: what the API said before it, kept to be compared with what it says of that moment later.</summary>
public sealed class TimeTravelWorld : IAsyncLifetime
{
    /// <summary>What was read before the migration, by path.</summary>
    readonly Dictionary<string, JsonElement> before = [];

    public Platform Platform { get; private set; } = null!;

    /// <summary>When nothing had been asked for yet.</summary>
    public DateTimeOffset Before { get; private set; }

    /// <summary>When the migration had ended.</summary>
    public DateTimeOffset After { get; private set; }

    /// <summary>When the destination had been evacuated.</summary>
    public DateTimeOffset Last { get; private set; }

    public Guid Evacuation { get; private set; }

    public Guid Vm { get; private set; }

    public Guid Source { get; private set; }

    public Guid Destination { get; private set; }

    public Guid Migration { get; private set; }

    public static string At(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public async ValueTask InitializeAsync()
    {
        Platform = await Platform.StartAsync(SimulatedFleetTests.AllModules(), distributed: false, new()
        {
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Hosts"] = "2",
            ["Hv:Agents:0:Simulated:VmsPerHost"] = "3",
            ["Hv:Agents:0:Simulated:VmMemoryMiB"] = "256",
            ["Hv:Agents:0:Simulated:BandwidthMiBps"] = "1024",
        });
        await Eventually.Until(
            async () => (await Platform.ListAsync("/v1/vms")) is { Length: 6 } vms && vms.All(v => v.TryGetProperty("hostName", out _)), "the fleet is in the inventory", 30);
        var vm = (await Platform.ListAsync("/v1/vms?state=Running"))[0];
        (Vm, Source) = (vm.GetProperty("id").GetGuid(), vm.GetProperty("hostId").GetGuid());
        Destination = (await Platform.ListAsync("/v1/hosts")).Select(h => h.GetProperty("id").GetGuid()).Single(h => h != Source);
        foreach (var path in (string[])["/v1/vms", $"/v1/vms/{Vm}", "/v1/hosts", $"/v1/hosts/{Source}", "/v1/fleet", "/v1/operations", "/v1/migrations", "/v1/evacuations"])
        {
            before[path] = await Platform.GetAsync(path);
        }

        Before = TimeProvider.System.GetUtcNow();
        Migration = await Platform.AcceptAsync($"/v1/vms/{Vm}/migrations", new { destinationHostId = Destination });
        await Platform.EndOfAsync(Migration);
        await Platform.UntilAsync($"/v1/vms/{Vm}", v => v.GetProperty("hostId").GetGuid() == Destination && v.GetProperty("state").GetString() == "Running" && !v.TryGetProperty("migrationId", out _), "the VM runs on the destination");
        await Platform.UntilAsync($"/v1/operations/{Migration}/history", h => h.ToString().Contains("operation_ended", StringComparison.Ordinal), "the migration's history is complete");
        After = TimeProvider.System.GetUtcNow();

        // Everything goes back where the VM came from.
        using (var accepted = await Platform.Api.PostAsJsonAsync($"/v1/hosts/{Destination}/evacuations", new { }))
        {
            Evacuation = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        }

        await Platform.UntilAsync($"/v1/evacuations/{Evacuation}", e => e.TryGetProperty("endedAt", out _), "the evacuation has ended", 60);
        await Platform.UntilAsync("/v1/fleet", f => f.GetProperty("operations").GetProperty("running").GetInt32() == 0, "nothing runs any more");
        await Platform.UntilAsync($"/v1/hosts/{Destination}", h => h.GetProperty("vmCount").GetInt32() == 0, "the host is empty");
        await Platform.UntilAsync($"/v1/hosts/{Destination}/history", h => h.ToString().Contains("host_evacuation_ended", StringComparison.Ordinal), "the host's history tells the evacuation's end");
        Last = TimeProvider.System.GetUtcNow();
    }

    public ValueTask DisposeAsync() => Platform.DisposeAsync();

    /// <summary>What was read then, without the members that have no history.</summary>
    public string ThenOf(string path, params string[] notKept) => Without(before[path], notKept);

    /// <summary>What is read now of then.</summary>
    public async Task<string> PastOfAsync(string path, params string[] notKept) => Without(await Platform.GetAsync($"{path}?asOf={At(Before)}"), [.. notKept, "asOf", "notKept"]);

    internal static string Without(JsonElement element, string[] members)
    {
        var node = JsonNode.Parse(element.GetRawText())!.AsObject();
        foreach (var item in node["items"] is JsonArray items ? items.Select(i => i!.AsObject()).Append(node) : [node])
        {
            foreach (var member in members)
            {
                item.Remove(member);
            }
        }

        return node.ToJsonString(new() { WriteIndented = true });
    }
}
