using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>An operator's work on one VM through every service, and what the host is asked live.</summary>
public sealed class VmOperationsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Settings_checkpoints_pairs_and_the_screen_go_all_the_way_and_the_history_tells_it(bool distributed)
    {
        await using var platform = await Platform.StartAsync(SimulatedFleetTests.AllModules(), distributed, new()
        {
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Hosts"] = "1",
            ["Hv:Agents:0:Simulated:VmsPerHost"] = "1",
            ["Hv:Agents:0:Simulated:VmMemoryMiB"] = "256",
        });
        await Eventually.Until(async () => (await platform.ListAsync("/v1/vms")).Length == 1, "the VM is in the inventory", 30);
        var id = (await platform.ListAsync("/v1/vms"))[0].GetProperty("id").GetGuid();
        async Task DoAsync(string path, object? body = null)
        {
            var end = await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{id}/{path}", body));
            Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
        }

        if ((await platform.GetAsync($"/v1/vms/{id}")).GetProperty("state").GetString() != "Running")
        {
            await DoAsync("start");
        }

        await DoAsync("checkpoints", new { name = "first" });
        await DoAsync("save");
        await DoAsync("settings", new { notes = "kept", processor = new { limitPercent = 50.5 } });
        await DoAsync("rename", new { name = "renamed" });
        await DoAsync("kvp", new { changes = new[] { new { key = "role", value = "web" } } });
        var checkpoint = (await platform.GetAsync($"/v1/vms/{id}/checkpoints")).GetProperty("checkpoints")[0];
        await DoAsync("checkpoints/apply", new { checkpointId = checkpoint.GetProperty("id").GetString() });
        await DoAsync("start");
        await DoAsync("checkpoints/delete", new { checkpointId = checkpoint.GetProperty("id").GetString() });

        Assert.Equal("renamed", (await platform.UntilAsync($"/v1/vms/{id}", v => v.GetProperty("name").GetString() == "renamed", "the inventory has the new name")).GetProperty("name").GetString());
        var settings = await platform.GetAsync($"/v1/vms/{id}/settings");
        Assert.Equal(("kept", 50.5), (settings.GetProperty("notes").GetString(), settings.GetProperty("processor").GetProperty("limitPercent").GetDouble()));
        Assert.Equal("web", (await platform.GetAsync($"/v1/vms/{id}/kvp")).GetProperty("host")[0].GetProperty("value").GetString());
        Assert.Empty((await platform.GetAsync($"/v1/vms/{id}/checkpoints")).GetProperty("checkpoints").EnumerateArray());
        var host = (await platform.ListAsync("/v1/hosts"))[0].GetProperty("id").GetGuid();
        Assert.NotEmpty((await platform.GetAsync($"/v1/hosts/{host}/switches")).GetProperty("switches").EnumerateArray());

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/vms/{id}/screenshot?width=64&height=48");
        request.Headers.Accept.ParseAdd("image/png");
        using var screen = await platform.Api.SendAsync(request);
        Assert.Equal("image/png", screen.Content.Headers.ContentType?.MediaType);
        Assert.Equal("PNG"u8.ToArray(), (await screen.Content.ReadAsByteArrayAsync())[1..4]);

        var kinds = (await platform.ListAsync($"/v1/vms/{id}/history?limit=200")).Where(e => e.GetProperty("type").GetString() == "vm_operation_succeeded")
            .Select(e => e.GetProperty("data").GetProperty("kind").GetString()).ToList();
        Assert.Equal(["CreateVmCheckpoint", "SaveVm", "ReconfigureVm", "RenameVm", "WriteVmKvp", "ApplyVmCheckpoint", "StartVm", "DeleteVmCheckpoint"], kinds.Where((k, i) => i > 0 || k != "StartVm"));
    }
}
