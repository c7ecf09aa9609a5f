using System.Net.Http.Json;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>Emptying a host of a simulated fleet through the whole platform.</summary>
public sealed class EvacuationTests
{
    const int Seed = 31;

    static async Task<(Platform Platform, SimulatedFleet Fleet)> StartAsync(
        int hosts = 3, int vmsPerHost = 6, bool distributed = false, int bandwidthMiBps = 4096, int memoryMiB = 65_536, Dictionary<string, string?>? settings = null, bool withStopped = false)
    {
        var platform = await Platform.StartAsync(SimulatedFleetTests.AllModules(), distributed, new Dictionary<string, string?>
        {
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Seed"] = $"{Seed}",
            ["Hv:Agents:0:Simulated:Hosts"] = $"{hosts}",
            ["Hv:Agents:0:Simulated:VmsPerHost"] = $"{vmsPerHost}",
            ["Hv:Agents:0:Simulated:VmMemoryMiB"] = "256",
            ["Hv:Agents:0:Simulated:MemoryMiB"] = $"{memoryMiB}",
            ["Hv:Agents:0:Simulated:DirtyMiBps"] = "1",
            ["Hv:Agents:0:Simulated:BandwidthMiBps"] = $"{bandwidthMiBps}",
            ["Evacuations:Interval"] = "00:00:01",
            ["Evacuations:RetryDelay"] = "00:00:00.2",
        }.Concat(settings ?? []).ToDictionary());
        await Eventually.Until(async () => (await platform.ListAsync("/v1/vms?limit=200")).Length == hosts * vmsPerHost, "the fleet is in the inventory", 30);
        foreach (var stopped in withStopped ? [] : await platform.ListAsync("/v1/vms?state=Off&limit=200"))
        {
            await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{stopped.GetProperty("id").GetGuid()}/start"));
        }

        await Eventually.Until(async () => withStopped || (await platform.ListAsync("/v1/vms?state=Off")).Length == 0, "the VMs run");
        var agents = platform.Hosts.Select(h => h.Services.GetService<SimulatedFleets>()).First(f => f is not null);
        return (platform, agents!.Get(new SimulatedOptions { Seed = Seed }));
    }

    static async Task<(Guid Id, string Name)> HostAsync(Platform platform, int number = 0)
    {
        var host = (await platform.ListAsync("/v1/hosts"))[number];
        return (host.GetProperty("id").GetGuid(), host.GetProperty("name").GetString()!);
    }

    static Task<JsonElement> EndAsync(Platform platform, Guid evacuation, int timeoutSeconds = 150) => platform.UntilAsync(
        $"/v1/evacuations/{evacuation}", e => e.GetProperty("status").GetString() is "Completed" or "CompletedWithFailures" or "Cancelled", "the evacuation ends", timeoutSeconds);

    static int Count(JsonElement evacuation, string member) => evacuation.GetProperty(member).GetInt32();

    static async Task<JsonElement> RefusedAsync(Platform platform, string path, object body, int status)
    {
        using var response = await platform.Api.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    [Fact]
    public async Task A_host_with_twenty_VMs_some_stopped_is_emptied_and_takes_no_VM_afterwards()
    {
        var (platform, fleet) = await StartAsync(vmsPerHost: 20, withStopped: true);
        await using var _ = platform;
        var (host, name) = await HostAsync(platform);

        var stopped = (await VmsAsync(fleet, host)).Count(v => v.State == VmState.Off);
        Assert.InRange(stopped, 1, 19);

        var id = await platform.AcceptAsync($"/v1/hosts/{host}/evacuations", new { maxConcurrent = 4 });
        var most = 0;
        await platform.UntilAsync($"/v1/evacuations/{id}", e => (most = Math.Max(most, Count(e, "moving"))) >= 0 && e.TryGetProperty("endedAt", out var __), "the evacuation ends", 150);
        var end = await EndAsync(platform, id);

        Assert.True(end.GetProperty("status").GetString() == "Completed", end.ToString());
        Assert.Equal((20, 20), (Count(end, "moved"), Count(end, "total")));
        Assert.InRange(most, 1, 4);
        Assert.All(end.GetProperty("vms").EnumerateArray(), v => Assert.True(v.GetProperty("attempts").GetInt32() == 1 && v.TryGetProperty("destinationHostName", out var __), v.ToString()));
        Assert.Empty(await VmsAsync(fleet, host));
        await Eventually.Until(async () => (await platform.ListAsync($"/v1/vms?host={host}&limit=200")).Length == 0, "the inventory shows the host empty");
        Assert.Equal(60, (await platform.ListAsync("/v1/vms?limit=200")).Length);

        // In maintenance still: visible, and refused as a destination.
        Assert.Equal(name, Assert.Single(await platform.ListAsync("/v1/hosts?maintenance=true")).GetProperty("name").GetString());
        var other = (await platform.ListAsync("/v1/vms?state=Running"))[0].GetProperty("id").GetGuid();
        var problem = await RefusedAsync(platform, $"/v1/vms/{other}/migrations", new { destinationHostId = host }, 409);
        Assert.Equal("host-in-maintenance", problem.GetProperty("code").GetString());
        problem = await RefusedAsync(platform, "/v1/vms", new { hostId = host, spec = new { name = "new", vcpus = 1, memoryMiB = 256 } }, 409);
        Assert.Equal("host-in-maintenance", problem.GetProperty("code").GetString());

        using (var leave = await platform.Api.DeleteAsync($"/v1/hosts/{host}/maintenance"))
        {
            Assert.True(leave.IsSuccessStatusCode, await leave.Content.ReadAsStringAsync());
        }

        await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{other}/migrations", new { destinationHostId = host }));
        await Eventually.Until(async () => (await TypesAsync(platform, host)).Contains("host_maintenance_left"), "the history has it");
        Assert.Equal(["host_maintenance_entered", "host_evacuation_started", "host_evacuation_ended", "host_maintenance_left"],
            (await TypesAsync(platform, host)).Where(t => t.Contains("maintenance", StringComparison.Ordinal) || t.Contains("evacuation", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_dry_run_shows_the_plan_and_changes_nothing()
    {
        var (platform, _) = await StartAsync(vmsPerHost: 5);
        await using var __ = platform;
        var (host, _) = await HostAsync(platform);

        using var response = await platform.Api.PostAsJsonAsync($"/v1/hosts/{host}/evacuations", new { dryRun = true });
        var plan = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());

        Assert.True((int)response.StatusCode == 200, plan.ToString());
        Assert.Equal(5, plan.GetProperty("moves").GetArrayLength() + plan.GetProperty("cannotMove").GetArrayLength());
        Assert.All(plan.GetProperty("moves").EnumerateArray(), m => Assert.Contains("most memory left", m.GetProperty("why").GetString(), StringComparison.Ordinal));
        Assert.Equal(2, plan.GetProperty("destinations").GetArrayLength());
        Assert.Empty(await platform.ListAsync("/v1/evacuations"));
        Assert.Empty(await platform.ListAsync("/v1/hosts?maintenance=true"));
        Assert.Empty(await platform.ListAsync("/v1/operations?kind=MigrateVm"));
    }

    [Fact]
    public async Task A_move_that_fails_on_one_destination_is_made_on_another()
    {
        var (platform, fleet) = await StartAsync(vmsPerHost: 2);
        await using var _ = platform;
        var (host, _) = await HostAsync(platform);
        var broken = fleet.Hosts.First(h => h.Id.Value != host);
        broken.Inject(new SimulatedFault
        {
            Operation = SimulatedOperation.PrepareDestination,
            Times = null,
            Error = new ErrorInfo { Kind = ErrorKind.Resource, Code = "disk-full", Message = "No space left.", NativeCode = "sim:28" },
        });

        var end = await EndAsync(platform, await platform.AcceptAsync($"/v1/hosts/{host}/evacuations"), 150);

        Assert.True(end.GetProperty("status").GetString() == "Completed", end.ToString());
        Assert.All(end.GetProperty("vms").EnumerateArray(), v => Assert.NotEqual(broken.Id.Value, v.GetProperty("destinationHostId").GetGuid()));
        Assert.Contains(end.GetProperty("vms").EnumerateArray(), v => v.GetProperty("attempts").GetInt32() == 2);
    }

    [Fact]
    public async Task A_VM_that_fits_nowhere_ends_it_with_failures_and_the_reason()
    {
        // 6 VMs of 256 MiB on each host of 2048 MiB with 512 MiB headroom: there is no room for all of a host's.
        var (platform, _) = await StartAsync(vmsPerHost: 6, memoryMiB: 2048);
        await using var __ = platform;
        var (host, _) = await HostAsync(platform);

        var end = await EndAsync(platform, await platform.AcceptAsync($"/v1/hosts/{host}/evacuations", new { maxAttempts = 2 }));

        Assert.Equal("CompletedWithFailures", end.GetProperty("status").GetString());
        Assert.True(Count(end, "failed") > 0);
        Assert.All(end.GetProperty("vms").EnumerateArray().Where(v => v.GetProperty("status").GetString() == "Failed"), v =>
        {
            Assert.Equal("no-destination", v.GetProperty("error").GetProperty("code").GetString());
            Assert.Contains("MiB left", v.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task It_pauses_resumes_and_is_cancelled_with_its_moves()
    {
        var (platform, fleet) = await StartAsync(vmsPerHost: 8, bandwidthMiBps: 60);
        await using var _ = platform;
        var (host, _) = await HostAsync(platform);
        var id = await platform.AcceptAsync($"/v1/hosts/{host}/evacuations", new { maxConcurrent = 1 });
        await platform.UntilAsync($"/v1/evacuations/{id}", e => Count(e, "moving") == 1, "a move is on its way");

        await platform.AcceptAsync($"/v1/evacuations/{id}/pause");
        var paused = await platform.UntilAsync($"/v1/evacuations/{id}", e => Count(e, "moving") == 0, "the moves on their way have ended", 60);
        Assert.Equal(("Paused", 1), (paused.GetProperty("status").GetString(), Count(paused, "moved")));

        await platform.AcceptAsync($"/v1/evacuations/{id}/resume");
        await platform.UntilAsync($"/v1/evacuations/{id}", e => Count(e, "moving") == 1, "the next move is on its way");
        var problem = await RefusedAsync(platform, $"/v1/hosts/{host}/evacuations", new { }, 409);
        Assert.Equal(("evacuation-running", $"/v1/evacuations/{id}"), (problem.GetProperty("code").GetString(), problem.GetProperty("evacuationUrl").GetString()));

        await platform.AcceptAsync($"/v1/evacuations/{id}/cancel?cancelMoves=true");
        var end = await EndAsync(platform, id);
        Assert.Equal("Cancelled", end.GetProperty("status").GetString());
        Assert.True(Count(end, "notMoved") >= 6, end.ToString());
        Assert.Equal(8 - Count(end, "moved"), (await VmsAsync(fleet, host)).Count);
        Assert.Equal("evacuation-wrong-state", (await RefusedAsync(platform, $"/v1/evacuations/{id}/pause", new { }, 409)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task An_orchestrator_that_is_started_again_in_the_middle_goes_on()
    {
        var (platform, fleet) = await StartAsync(vmsPerHost: 8, distributed: true, bandwidthMiBps: 200);
        await using var _ = platform;
        var (host, _) = await HostAsync(platform);
        var id = await platform.AcceptAsync($"/v1/hosts/{host}/evacuations", new { maxConcurrent = 2 });
        await platform.UntilAsync($"/v1/evacuations/{id}", e => Count(e, "moved") >= 1, "a VM has moved", 60);

        await platform.RestartAsync(0);

        var end = await EndAsync(platform, id);
        Assert.True(end.GetProperty("status").GetString() == "Completed", end.ToString());
        Assert.Empty(await VmsAsync(fleet, host));
        Assert.Equal(24, (await Task.WhenAll(fleet.Hosts.Select(h => VmsAsync(fleet, h.Id.Value)))).Sum(vms => vms.Count));
    }

    [Fact]
    public async Task A_repeated_request_is_one_evacuation_and_the_bus_does_the_same()
    {
        var (platform, _) = await StartAsync(vmsPerHost: 2);
        await using var __ = platform;
        var (host, _) = await HostAsync(platform);
        var ids = new HashSet<Guid>();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/hosts/{host}/evacuations") { Content = JsonContent.Create(new { }), Headers = { { "Idempotency-Key", "once" } } };
            using var response = await platform.Api.SendAsync(request);
            Assert.Equal(202, (int)response.StatusCode);
            ids.Add(JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("id").GetGuid());
        }

        await EndAsync(platform, Assert.Single(ids));
        var (other, _) = await HostAsync(platform, 1);
        var command = new EvacuateHost { EvacuationId = EvacuationId.New(), HostId = new HostId(other), Trail = new() { RequestedBy = "bus", RequestedAt = TimeProvider.System.GetUtcNow() } };
        var queue = await platform.Hosts[0].Services.GetRequiredService<IBus>().GetSendEndpoint(new Uri($"exchange:{Queues.Orchestrator}"));
        await queue.Send(command);
        await queue.Send(command);
        await Eventually.Until(async () => (await platform.ListAsync("/v1/evacuations")).Length == 2, "the command is accepted");
        var end = await EndAsync(platform, command.EvacuationId.Value);
        Assert.Equal("bus", end.GetProperty("trail").GetProperty("requestedBy").GetString());
        Assert.Equal(2, (await platform.ListAsync("/v1/evacuations")).Length);
    }

    /// <summary>What truly is on a host.</summary>
    static async Task<IReadOnlyList<VmInfo>> VmsAsync(SimulatedFleet fleet, Guid host)
    {
        await using var driver = new SimulatedDriver(fleet, new HostId(host));
        return (await driver.ListAsync(CancellationToken.None)).Vms;
    }

    static async Task<List<string>> TypesAsync(Platform platform, Guid host)
    {
        await using var command = platform.Hosts[0].Database("inventory").DataSource.CreateCommand($"SELECT type FROM inventory.mt_events WHERE stream_id = '{host}' ORDER BY seq_id");
        await using var reader = await command.ExecuteReaderAsync();
        var types = new List<string>();
        while (await reader.ReadAsync())
        {
            types.Add(reader.GetString(0));
        }

        return types;
    }
}
