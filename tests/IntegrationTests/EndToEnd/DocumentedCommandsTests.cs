using System.Text.Json;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>What the documents tell people to type does what they say.</summary>
public sealed class DocumentedCommandsTests(DocumentedCommandsTests.Fleet fleet) : IClassFixture<DocumentedCommandsTests.Fleet>
{
    Platform Platform => fleet.Platform;

    [Fact]
    public async Task Looking_into_the_past()
    {
        var commands = DocumentedCommands.Of("time-travel.md");
        var (vm, source, destination) = await RunningVmAsync();
        await RunAsync(commands, new() { ["VM"] = vm }, "T1=");
        var migration = await Platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = destination });
        await Platform.UntilAsync($"/v1/operations/{migration}/history", h => h.ToString().Contains("operation_ended", StringComparison.Ordinal), "the inventory knows that the migration has ended", 60);
        await Platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("hostId").GetGuid() == destination, "the inventory knows where the VM is");

        var answers = new Queue<(string Command, string Answer)>(await RunAsync(commands, new() { ["VM"] = vm, ["HOST"] = source, ["ID"] = migration }));
        var page = Next("/v1/vms/$VM?asOf=$T0");
        Assert.Equal((source, "Running"), (page.GetProperty("hostId").GetGuid(), page.GetProperty("state").GetString()));
        Assert.True(page.TryGetProperty("asOf", out _) && page.TryGetProperty("notKept", out _));
        Assert.Contains(Next("/v1/vms?asOf=$T0&state=Running").GetProperty("items").EnumerateArray(), v => v.GetProperty("id").GetGuid() == vm && v.GetProperty("hostId").GetGuid() == source);
        var host = Next("/v1/hosts/$HOST?asOf=$T0");
        Assert.True(host.GetProperty("runningVmCount").GetInt32() > 0 && !host.TryGetProperty("maintenance", out _));
        Assert.Equal("Succeeded", Next("/v1/migrations/$ID?asOf=$T1").GetProperty("status").GetString());
        var figures = Next("/v1/fleet?asOf=$T0");
        Assert.All((string[])["hosts", "vms", "capacity", "operations", "alerts"], part => Assert.True(figures.TryGetProperty(part, out _)));

        var steps = Text("/v1/operations/$ID/history").Split('\n');
        Assert.Contains(steps, s => s.EndsWith("operation_phase_entered\tTransferring", StringComparison.Ordinal));
        Assert.EndsWith("operation_ended\tSucceeded", steps[^1], StringComparison.Ordinal);
        Assert.Contains(Next("/v1/vms/$VM/history?from=$T0").GetProperty("items").EnumerateArray(), e => e.GetProperty("type").GetString() == "vm_migration_completed");
        foreach (var url in (string[])["/v1/diff?from=$T0\"", "/v1/diff?from=$T0&to=$T1&kind=Vm"])
        {
            Assert.Contains(Next(url).GetProperty("items").EnumerateArray(), i => i.GetProperty("id").GetGuid() == vm && i.GetProperty("change").GetString() == "Moved");
        }

        Assert.Empty(answers);

        string Text(string url)
        {
            var (command, answer) = answers.Dequeue();
            Assert.Contains(url, command, StringComparison.Ordinal);
            return answer.TrimEnd();
        }

        JsonElement Next(string url) => Json(Text(url));
    }

    [Fact]
    public async Task Asking_the_API_and_looking_at_a_migration()
    {
        var (vm, _, destination) = await RunningVmAsync();
        var answers = await RunAsync(DocumentedCommands.Of("api.md"), new() { ["VM"] = vm, ["HOST"] = destination });
        Assert.Equal(2, answers.Count);
        Assert.NotEmpty(Json(answers[0].Answer).GetProperty("items").EnumerateArray());
        Assert.StartsWith("HTTP/1.1 202", answers[1].Answer, StringComparison.Ordinal);
        var operation = Json(answers[1].Answer.Split("\r\n\r\n")[1]).GetProperty("id").GetGuid();
        Assert.Contains($"/v1/operations/{operation}", answers[1].Answer.Split("\r\n\r\n")[0], StringComparison.Ordinal);

        await Platform.EndOfAsync(operation);
        await Platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("hostId").GetGuid() == destination, "the inventory knows where the VM is");
        answers = await RunAsync(DocumentedCommands.Of("debug-a-stuck-migration.md", "1. What does it say of itself?"), new() { ["VM"] = vm, ["ID"] = operation });
        Assert.Equal(2, answers.Count);
        Assert.Equal("Succeeded", Json(answers[0].Answer).GetProperty("status").GetString());
        Assert.Contains("\tvm_migration_completed\t", answers[1].Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Making_a_webhook()
    {
        var (_, answer) = Assert.Single(await RunAsync(DocumentedCommands.Of("webhooks.md"), []));
        Assert.NotEmpty(Json(answer).GetProperty("secret").GetString()!);
        Assert.Equal("pager", (await Platform.GetAsync($"/v1/webhooks/{Json(answer).GetProperty("id").GetGuid()}")).GetProperty("description").GetString());
    }

    [Fact]
    public async Task Saying_who_may_do_what()
    {
        var (vm, source, _) = await RunningVmAsync();
        var commands = DocumentedCommands.Of("access.md", "Roles and groups");
        var answers = await RunAsync(commands, new() { ["VM"] = vm, ["HOST"] = source }, "curl -X DELETE");
        Assert.Equal(3, answers.Count);
        Assert.Contains(vm.ToString(), answers[0].Answer, StringComparison.Ordinal);
        var token = Json(answers[1].Answer);
        Assert.NotEmpty(token.GetProperty("token").GetString()!);
        Assert.Contains("group:shop-admins", (await Platform.GetAsync("/v1/grants")).ToString(), StringComparison.Ordinal);

        Assert.Single(await RunAsync(commands, new() { ["ID"] = token.GetProperty("id").GetGuid() }));
        Assert.True((await Platform.ListAsync("/v1/api-tokens")).All(t => t.GetProperty("id").GetGuid() != token.GetProperty("id").GetGuid() || t.TryGetProperty("revokedAt", out _)));
    }

    Task<IReadOnlyList<(string Command, string Answer)>> RunAsync(DocumentedCommands commands, Dictionary<string, Guid> ids, string? before = null) => commands.RunAsync(
        Platform.Hosts[0].Url, ids.ToDictionary(i => i.Key, i => i.Value.ToString()).Append(new("TOKEN", TestAccess.Token)).ToDictionary(), before);

    /// <summary>A running VM, where it is, and the other host.</summary>
    async Task<(Guid Vm, Guid Source, Guid Destination)> RunningVmAsync()
    {
        var vm = (await Platform.ListAsync("/v1/vms?state=Running"))[0];
        var source = vm.GetProperty("hostId").GetGuid();
        return (vm.GetProperty("id").GetGuid(), source, (await Platform.ListAsync("/v1/hosts")).Select(h => h.GetProperty("id").GetGuid()).Single(h => h != source));
    }

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    /// <summary>Two simulated hosts with a few VMs.</summary>
    public sealed class Fleet : IAsyncLifetime
    {
        public Platform Platform { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Platform = await Platform.StartAsync(SimulatedFleetTests.AllModules(), distributed: false, new()
            {
                ["Hv:Agents:0:Driver"] = "simulated",
                ["Hv:Agents:0:Simulated:Hosts"] = "2",
                ["Hv:Agents:0:Simulated:VmsPerHost"] = "2",
                ["Hv:Agents:0:Simulated:VmMemoryMiB"] = "256",
                ["Hv:Agents:0:Simulated:BandwidthMiBps"] = "1024",
            });
            await Eventually.Until(
                async () => (await Platform.ListAsync("/v1/vms?state=Running")) is { Length: > 0 } vms && vms.All(v => v.TryGetProperty("hostName", out _)), "the fleet is in the inventory", 30);
        }

        public ValueTask DisposeAsync() => Platform.DisposeAsync();
    }
}
