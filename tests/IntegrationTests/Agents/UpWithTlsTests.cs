using System.Runtime.Versioning;
using System.Text.Json;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Cli.Platform;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Agents;

/// <summary><c>./hv up --distributed --tls</c>: every service a process of its own, the broker by TLS only, and the agent joined by the command of the join token's answer.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class UpWithTlsTests
{
    [Fact]
    public async Task Its_agent_joins_at_the_first_start_and_is_known_at_the_next()
    {
        var data = TemporaryDirectory.Create("hv-up-tls-");
        File.SetUnixFileMode(data, (UnixFileMode)0b111_101_101);
        var first = await JoinedAsync(data);
        Assert.Equal(2, first.GetProperty("hosts").GetArrayLength());
        Assert.Equal(first.GetProperty("id").GetGuid(), (await JoinedAsync(data)).GetProperty("id").GetGuid());
    }

    static async Task<JsonElement> JoinedAsync(string data)
    {
        await using var platform = await LocalPlatform.StartAsync(
            new()
            {
                Data = data,
                Port = Ports.Next(),
                Distributed = true,
                Tls = true,
                Say = _ => { },
                Agents = new Dictionary<string, string>
                {
                    ["Hv__Agents__0__Driver"] = "simulated",
                    ["Hv__Agents__0__Simulated__Hosts"] = "2",
                    ["Hv__Agents__0__Simulated__VmsPerHost"] = "3",
                },
            },
            TestContext.Current.CancellationToken);
        using var api = platform.Connect();
        await Eventually.Until(async () => (await ItemsAsync(api, "/v1/vms?limit=100")).Length == 6, "the fleet is in the inventory", 60, () => Task.FromResult(platform.LastLines()));
        return Assert.Single(await ItemsAsync(api, "/v1/agents"));
    }

    static async Task<JsonElement[]> ItemsAsync(HttpClient api, string path) =>
        [.. JsonSerializer.Deserialize<JsonElement>(await api.GetStringAsync(path)).GetProperty("items").EnumerateArray()];
}
