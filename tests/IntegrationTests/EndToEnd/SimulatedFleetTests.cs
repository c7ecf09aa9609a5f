using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using HvPlatform.HostAgent;
using HvPlatform.Inventory;
using HvPlatform.MigrationSaga;
using HvPlatform.Orchestrator;
using HvPlatform.ServiceKit;
using HvPlatform.Telemetry;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>Every service together, over HTTP only, with a simulated fleet (real VMs: VmTests).</summary>
public sealed class SimulatedFleetTests
{
    internal static HvModule[] AllModules() =>
        [OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create(), TelemetryModule.Create(), HostAgentModule.Create()];

    static async Task<Platform> StartAsync(bool distributed, int hosts = 3, int vmsPerHost = 4, int dirtyMiBps = 4, int bandwidthMiBps = 1024)
    {
        var platform = await Platform.StartAsync(AllModules(), distributed, new()
        {
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Hosts"] = hosts.ToString(),
            ["Hv:Agents:0:Simulated:VmsPerHost"] = vmsPerHost.ToString(),
            ["Hv:Agents:0:Simulated:VmMemoryMiB"] = "256",
            ["Hv:Agents:0:Simulated:DirtyMiBps"] = dirtyMiBps.ToString(),
            ["Hv:Agents:0:Simulated:BandwidthMiBps"] = bandwidthMiBps.ToString(),
        });
        await Eventually.Until(async () => (await platform.ListAsync("/v1/vms?limit=200")).Length == hosts * vmsPerHost, "the fleet is in the inventory", 30);
        return platform;
    }

    static async Task<(Guid Vm, Guid Source, Guid Destination)> PickAsync(Platform platform)
    {
        var vm = (await platform.ListAsync("/v1/vms?state=Running"))[0];
        var source = vm.GetProperty("hostId").GetGuid();
        var destination = (await platform.ListAsync("/v1/hosts")).Select(h => h.GetProperty("id").GetGuid()).First(h => h != source);
        return (vm.GetProperty("id").GetGuid(), source, destination);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_migration_through_the_API_moves_the_VM_and_its_history_tells_it(bool distributed)
    {
        await using var platform = await StartAsync(distributed);
        var (vm, source, destination) = await PickAsync(platform);
        var before = TimeProvider.System.GetUtcNow();

        var operation = await platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = destination });
        var end = await platform.EndOfAsync(operation);

        Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
        await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("hostId").GetGuid() == destination && v.GetProperty("state").GetString() == "Running", "the VM is on the destination");
        var migration = await platform.UntilAsync($"/v1/migrations/{operation}", m => m.TryGetProperty("totalMs", out _) && m.GetProperty("phases").EnumerateArray().Any(p => p.GetProperty("phase").GetString() == "Completed"), "the migration's course is recorded");
        Assert.True(migration.GetProperty("totalMs").GetInt64() > 0);
        Assert.Equal(
            ["Preflight", "Reserving", "PreparingDestination", "Transferring", "Finishing", "Confirming", "Completed"],
            migration.GetProperty("phases").EnumerateArray().Select(p => p.GetProperty("phase").GetString()).Where(p => p != "Requested"));

        var types = (await platform.ListAsync($"/v1/vms/{vm}/history?limit=200")).Select(e => e.GetProperty("type").GetString()).ToList();
        Assert.Contains("vm_discovered", types);
        Assert.Contains("vm_migration_started", types);
        Assert.Contains("vm_moved", types);
        Assert.Contains("vm_migration_completed", types);
        Assert.DoesNotContain("vm_deleted", types);

        var past = (await platform.ListAsync($"/v1/vms?asOf={Uri.EscapeDataString(before.ToString("O"))}&limit=200")).Single(v => v.GetProperty("id").GetGuid() == vm);
        Assert.Equal(source, past.GetProperty("hostId").GetGuid());
        Assert.Equal(12, (await platform.ListAsync("/v1/vms?limit=200")).Length);
    }

    [Fact]
    public async Task A_guest_that_cannot_converge_is_cancelled_and_stays_where_it_was()
    {
        await using var platform = await StartAsync(distributed: false, dirtyMiBps: 200, bandwidthMiBps: 50);
        var (vm, source, destination) = await PickAsync(platform);

        var operation = await platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = destination, policy = new { maxDowntimeMs = 50 } });
        await platform.UntilAsync($"/v1/migrations/{operation}", m => m.TryGetProperty("progress", out var p) && p.GetProperty("round").GetInt32() >= 1, "progress is seen");
        using (var cancel = await platform.Api.PostAsync($"/v1/migrations/{operation}/cancel", null))
        {
            Assert.True(cancel.IsSuccessStatusCode, await cancel.Content.ReadAsStringAsync());
        }

        var end = await platform.EndOfAsync(operation);

        Assert.Contains(end.GetProperty("status").GetString(), (string?[])["Cancelled", "RolledBack"]);
        var after = await platform.GetAsync($"/v1/vms/{vm}");
        Assert.Equal(source, after.GetProperty("hostId").GetGuid());
        Assert.Equal("Running", after.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_transfer_beyond_its_time_is_rolled_back_with_the_reason()
    {
        await using var platform = await StartAsync(distributed: false, dirtyMiBps: 200, bandwidthMiBps: 50);
        var (vm, source, destination) = await PickAsync(platform);

        var operation = await platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = destination, policy = new { maxDowntimeMs = 50, timeoutSeconds = 2 } });
        var end = await platform.EndOfAsync(operation);

        Assert.Equal("RolledBack", end.GetProperty("status").GetString());
        Assert.Equal("Timeout", end.GetProperty("error").GetProperty("kind").GetString());
        Assert.Equal(source, (await platform.GetAsync($"/v1/vms/{vm}")).GetProperty("hostId").GetGuid());
    }

    [Fact]
    public async Task Sixty_migrations_at_once_all_end_and_every_VM_is_in_one_place()
    {
        await using var platform = await StartAsync(distributed: true, hosts: 4, vmsPerHost: 25);
        var hosts = (await platform.ListAsync("/v1/hosts")).Select(h => h.GetProperty("id").GetGuid()).ToList();
        var running = (await platform.ListAsync("/v1/vms?state=Running&limit=200")).Take(60).ToList();

        var wanted = new ConcurrentDictionary<Guid, Guid>();
        var operations = await Task.WhenAll(running.Select(async v =>
        {
            var (vm, source) = (v.GetProperty("id").GetGuid(), v.GetProperty("hostId").GetGuid());
            wanted[vm] = hosts[(hosts.IndexOf(source) + 1) % hosts.Count];
            return await platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = wanted[vm] });
        }));
        foreach (var operation in operations)
        {
            var end = await platform.EndOfAsync(operation, 90);
            Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
        }

        await Eventually.Until(
            async () => (await platform.ListAsync("/v1/vms?limit=200")).Where(v => wanted.ContainsKey(v.GetProperty("id").GetGuid()))
                .All(v => v.GetProperty("hostId").GetGuid() == wanted[v.GetProperty("id").GetGuid()] && !v.GetProperty("duplicateRunning").GetBoolean()),
            "every VM is where it was sent");
        Assert.Equal(100, (await platform.ListAsync("/v1/vms?limit=200")).Length);
    }

    [Fact]
    public async Task One_trace_shows_a_migration_from_the_request_to_the_native_call()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var platform = await StartAsync(distributed: true);
        var (vm, _, destination) = await PickAsync(platform);

        var trace = ActivityTraceId.CreateRandom();
        platform.Api.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        var operation = await platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = destination });
        platform.Api.DefaultRequestHeaders.Remove("traceparent");
        await platform.EndOfAsync(operation);

        var ours = spans.Where(a => a.TraceId == trace).ToList();
        Assert.Contains(ours, a => a.Source.Name == "Microsoft.AspNetCore");
        Assert.Contains(ours, a => a.Source.Name == "MassTransit" && a.DisplayName.Contains("migration-saga", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(ours, a => a.Source.Name == "HvPlatform" && a.OperationName.Contains("transfer", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Lifecycle_commands_change_the_VM_and_wrong_states_are_refused_by_name()
    {
        await using var platform = await StartAsync(distributed: false);
        var (vm, _, _) = await PickAsync(platform);
        foreach (var (verb, state) in ((string, string)[])[("pause", "Paused"), ("resume", "Running"), ("force-off", "Off"), ("start", "Running")])
        {
            var end = await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{vm}/{verb}"));
            Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
            await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("state").GetString() == state, $"after {verb} the VM is {state}");
        }

        using var refused = await platform.Api.PostAsync($"/v1/vms/{vm}/start", null);
        var problem = JsonSerializer.Deserialize<JsonElement>(await refused.Content.ReadAsStringAsync());
        Assert.Equal(409, (int)refused.StatusCode);
        Assert.Contains("Running", problem.GetProperty("detail").GetString());
    }
}
