using System.Text.Json;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent;
using HvPlatform.Inventory;
using HvPlatform.MigrationSaga;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>A real guest moved between two real hosts through the REST API: every service by itself over RabbitMQ, each host with an agent of its own.</summary>
[Collection(VmCollections.Platform)]
public sealed class MigrationThroughTheApiTests(LibvirtPair pair)
{
    [Fact]
    public async Task A_running_guest_moves_there_and_back_and_runs_on_in_one_place_only()
    {
        var hosts = await pair.HostsAsync();
        await using var platform = await StartAsync(hosts);
        var (first, second) = await HostIdsAsync(platform);
        var vm = await StartGuestAsync(platform, hosts, first, "traveller");

        await MoveAsync(platform, vm, second);

        Assert.Equal(1, LibvirtHosts.QemuProcesses(vm));
        Assert.DoesNotContain("traveller", await hosts.VirshAsync(1, "list", "--all", "--name"));
        Assert.Contains("traveller", await hosts.VirshAsync(2, "list", "--name"));
        await RunsOnAsync(hosts, 2, "traveller");

        await MoveAsync(platform, vm, first);

        Assert.Equal(1, LibvirtHosts.QemuProcesses(vm));
        Assert.DoesNotContain("traveller", await hosts.VirshAsync(2, "list", "--all", "--name"));
        await RunsOnAsync(hosts, 1, "traveller");
        Assert.DoesNotContain('X', hosts.SerialLog(1, "traveller") + hosts.SerialLog(2, "traveller"));

        var history = await platform.ListAsync($"/v1/vms/{vm}/history?limit=200");
        Assert.Equal(2, history.Count(e => e.GetProperty("type").GetString() == "vm_moved"));
        Assert.DoesNotContain(history, e => e.GetProperty("type").GetString() == "vm_deleted");
        await RemoveAsync(platform, vm);
    }

    [Fact]
    public async Task A_guest_moves_with_the_disk_that_only_its_host_has()
    {
        var hosts = await pair.HostsAsync();
        await using var platform = await StartAsync(hosts);
        var (first, second) = await HostIdsAsync(platform);
        var spec = await hosts.NewPrivateSpecAsync(1, "mover", counting: true);
        var vm = await StartGuestAsync(platform, hosts, first, "mover", spec: spec);

        await MoveAsync(platform, vm, second, new { storage = "CopyFull" });

        Assert.Equal(1, LibvirtHosts.QemuProcesses(vm));
        await RunsOnAsync(hosts, 2, "mover");
        await RemoveAsync(platform, vm);
        var copy = hosts.OnHost(2, spec.Disks[0].Source!);
        Assert.Equal([copy], Directory.GetFiles(Path.GetDirectoryName(copy)!, "mover-*"));
        Assert.Null(GuestCounter.Fault([hosts.SerialLog(1, "mover"), hosts.SerialLog(2, "mover")], await GuestCounter.OnDiskAsync(copy), moves: 1));
    }

    [Fact]
    public async Task A_stopped_vm_moves_cold()
    {
        var hosts = await pair.HostsAsync();
        await using var platform = await StartAsync(hosts);
        var (first, second) = await HostIdsAsync(platform);
        var vm = await DefineAsync(platform, hosts, first, await hosts.NewSpecAsync("sleeper"));

        var end = await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = second, policy = new { mode = "Cold" } }));

        Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
        Assert.DoesNotContain("sleeper", await hosts.VirshAsync(1, "list", "--all", "--name"));
        Assert.Contains("sleeper", await hosts.VirshAsync(2, "list", "--inactive", "--name"));
        await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("hostId").GetGuid() == second && v.GetProperty("state").GetString() == "Off", "the inventory shows the VM on the destination, off");
        await hosts.VirshAsync(2, "undefine", "sleeper");
    }

    [Fact]
    public async Task A_cancelled_migration_leaves_the_guest_running_on_the_source_and_nothing_on_the_destination()
    {
        var hosts = await pair.HostsAsync();
        await using var platform = await StartAsync(hosts);
        var (first, second) = await HostIdsAsync(platform);
        var vm = await StartGuestAsync(platform, hosts, first, "stayer", busy: true);

        var operation = await platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = second, policy = new { bandwidthMiBps = 2 } });
        await platform.UntilAsync($"/v1/migrations/{operation}", m => m.TryGetProperty("progress", out var p) && p.GetProperty("transferredBytes").GetInt64() > 0, "bytes are moving");
        using (var cancel = await platform.Api.PostAsync($"/v1/migrations/{operation}/cancel", null))
        {
            Assert.True(cancel.IsSuccessStatusCode, await cancel.Content.ReadAsStringAsync());
        }

        var end = await platform.EndOfAsync(operation);

        Assert.Contains(end.GetProperty("status").GetString(), (string?[])["Cancelled", "RolledBack"]);
        Assert.Equal(1, LibvirtHosts.QemuProcesses(vm));
        Assert.Contains("stayer", await hosts.VirshAsync(1, "list", "--name"));
        Assert.DoesNotContain("stayer", await hosts.VirshAsync(2, "list", "--all", "--name"));
        await RunsOnAsync(hosts, 1, "stayer");
        await RemoveAsync(platform, vm);
    }

    [Fact]
    public async Task A_destination_that_loses_power_on_the_way_makes_it_in_doubt_until_it_answers_and_the_guest_runs_on()
    {
        LibvirtPair.Require();
        await using var hosts = await LibvirtHosts.StartAsync(2);
        await using var platform = await StartAsync(hosts);
        var (first, second) = await HostIdsAsync(platform);
        var vm = await StartGuestAsync(platform, hosts, first, "survivor", busy: true);

        var operation = await platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = second, policy = new { bandwidthMiBps = 2 } });
        await platform.UntilAsync($"/v1/migrations/{operation}", m => m.TryGetProperty("progress", out var p) && p.GetProperty("transferredBytes").GetInt64() > 0, "bytes are moving");
        await hosts.CrashAsync(2);
        await platform.UntilAsync(
            $"/v1/migrations/{operation}",
            m => m.GetProperty("phase").GetString() == "InDoubt" && m.TryGetProperty("unansweredHostIds", out var silent) && silent.EnumerateArray().Any(h => h.GetGuid() == second),
            "the migration is in doubt and names the host that does not answer",
            60);
        Assert.Contains("survivor", await hosts.VirshAsync(1, "list", "--name"));

        await hosts.StartAgainAsync(2);
        var end = await platform.EndOfAsync(operation, 90);

        Assert.Equal("RolledBack", end.GetProperty("status").GetString());
        Assert.False(string.IsNullOrEmpty(end.GetProperty("error").GetProperty("message").GetString()));
        Assert.Equal(1, LibvirtHosts.QemuProcesses(vm));
        await RunsOnAsync(hosts, 1, "survivor");
    }

    static async Task<Platform> StartAsync(LibvirtHosts hosts)
    {
        var platform = await Platform.StartAsync([OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create()], distributed: true, []);
        for (var host = 1; host <= 2; host++)
        {
            var options = await hosts.OptionsAsync(host);
            await platform.AddAsync(HostAgentModule.Create(), new()
            {
                ["Hv:Agents:0:Driver"] = "libvirt",
                ["Hv:Agents:0:Uri"] = options.Uri,
                ["Hv:Agents:0:MigrationUri"] = options.MigrationUri,
                ["Hv:Agents:0:SharedPaths:0"] = hosts.SharedFolder,
                ["Hv:Agents:0:HostRoot"] = options.HostRoot,
                ["Hv:Agents:0:ForceEmulation"] = "true",
                ["Hv:Agents:0:SerialLogFolder"] = options.SerialLogFolder,
            });
        }

        await Eventually.Until(async () => (await platform.ListAsync("/v1/hosts")).Length == 2, "both hosts have registered");
        return platform;
    }

    static async Task<(Guid First, Guid Second)> HostIdsAsync(Platform platform)
    {
        var ids = (await platform.ListAsync("/v1/hosts")).ToDictionary(h => h.GetProperty("name").GetString()!, h => h.GetProperty("id").GetGuid());
        return (ids["host-1"], ids["host-2"]);
    }

    static async Task<Guid> DefineAsync(Platform platform, LibvirtHosts hosts, Guid host, VmSpec spec)
    {
        hosts.ForgetSerialLogs(spec.Name);
        var defined = await platform.EndOfAsync(await platform.AcceptAsync("/v1/vms", new { hostId = host, spec }));
        Assert.True(defined.GetProperty("status").GetString() == "Succeeded", defined.ToString());
        var vm = defined.GetProperty("vmId").GetGuid();
        await Eventually.Until(async () => (await platform.ListAsync($"/v1/vms?host={host}")).Any(v => v.GetProperty("id").GetGuid() == vm), "the inventory has the VM");
        return vm;
    }

    static async Task<Guid> StartGuestAsync(Platform platform, LibvirtHosts hosts, Guid host, string name, bool busy = false, VmSpec? spec = null)
    {
        var vm = await DefineAsync(platform, hosts, host, spec ?? await hosts.NewSpecAsync(name, busy));
        var started = await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{vm}/start"));
        Assert.True(started.GetProperty("status").GetString() == "Succeeded", started.ToString());
        await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("state").GetString() == "Running", "the VM runs");
        await RunsOnAsync(hosts, 1, name);
        return vm;
    }

    static async Task MoveAsync(Platform platform, Guid vm, Guid destination, object? policy = null)
    {
        var operation = await platform.AcceptAsync($"/v1/vms/{vm}/migrations", policy is null ? (object)new { destinationHostId = destination } : new { destinationHostId = destination, policy });
        var end = await platform.EndOfAsync(operation);
        Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
        var migration = await platform.UntilAsync($"/v1/migrations/{operation}", m => m.TryGetProperty("totalMs", out _), "the migration's result is recorded");
        Assert.InRange(migration.GetProperty("downtimeMs").GetInt64(), 1, 10_000);
        Assert.True(migration.GetProperty("transferredBytes").GetInt64() > 0);
        await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("hostId").GetGuid() == destination && v.GetProperty("state").GetString() == "Running", "the inventory shows the VM on the destination");
    }

    /// <summary>The guest prints a dot about once a second: it runs on this host when two more come.</summary>
    static async Task RunsOnAsync(LibvirtHosts hosts, int host, string name)
    {
        var before = hosts.SerialLog(host, name).Count(c => c == '.');
        await Eventually.Until(() => hosts.SerialLog(host, name).Count(c => c == '.') >= before + 2, $"{name} prints on host {host}");
    }

    static async Task RemoveAsync(Platform platform, Guid vm)
    {
        await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{vm}/force-off"));
        await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("state").GetString() == "Off", "the VM is off");
        using var deleted = await platform.Api.DeleteAsync($"/v1/vms/{vm}");
        var body = JsonSerializer.Deserialize<JsonElement>(await deleted.Content.ReadAsStringAsync());
        await platform.EndOfAsync(body.GetProperty("id").GetGuid());
    }
}
