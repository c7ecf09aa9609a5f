using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator;
using HvPlatform.HyperVSimulator.Control;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>The whole platform with two agents that manage simulated Hyper-V hosts over WS-Management: a migration ends with the VM whole on exactly one of them.</summary>
public sealed class HyperVMigrationTests
{
    private const string Disk = @"\\filer\vms\web.vhdx";
    private const int AgentModule = 4;
    private static readonly Guid Web = Guid.Parse("8a1c2f3e-0d4b-4c5a-9e6f-112233445566");

    [Fact]
    public async Task A_running_VM_moves_and_the_inventory_has_it_once()
    {
        await using var world = await World.StartAsync();
        var operation = await world.MigrateAsync(new { hyperV = new { compression = true, newName = "web-moved" } });
        var end = await world.Platform.EndOfAsync(operation);
        Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
        world.AssertOnlyOn(1, VmState.Running);
        await world.Platform.UntilAsync(
            $"/v1/vms/{Web}", v => v.GetProperty("hostId").GetGuid() == world.Hosts[1] && v.GetProperty("name").GetString() == "web-moved", "the VM is on the destination under its new name");
    }

    [Fact]
    public async Task A_VM_that_is_saved_for_its_migration_arrives_saved()
    {
        await using var world = await World.StartAsync();
        var end = await world.Platform.EndOfAsync(await world.MigrateAsync(new { hyperV = new { toSuspended = true } }));
        Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
        world.AssertOnlyOn(1, VmState.Saved);
    }

    [Fact]
    public async Task A_cancelled_migration_leaves_the_VM_running_where_it_was()
    {
        await using var world = await World.StartAsync(slowness: 50);
        var operation = await world.MigrateAsync(new { });
        await world.TransferringAsync(operation);
        await world.Platform.AcceptAsync($"/v1/migrations/{operation}/cancel");
        var end = await world.Platform.EndOfAsync(operation);
        Assert.True(end.GetProperty("status").GetString() == "Cancelled", end.ToString());
        world.AssertOnlyOn(0, VmState.Running);
    }

    [Fact]
    public async Task A_destination_that_loses_its_power_in_the_middle_leaves_the_VM_running_where_it_was()
    {
        await using var world = await World.StartAsync(slowness: 50);
        var operation = await world.MigrateAsync(new { });
        await world.TransferringAsync(operation);
        await world.Fleet.Hosts[1].PowerOffAsync();
        await world.Fleet.Hosts[1].PowerOnAsync();
        var end = await world.Platform.EndOfAsync(operation);
        Assert.True(end.GetProperty("status").GetString() is "RolledBack" or "Failed", end.ToString());
        world.AssertOnlyOn(0, VmState.Running);
    }

    [Fact]
    public async Task An_agent_that_is_restarted_in_the_middle_finds_the_job_again_and_the_VM_moves_once()
    {
        await using var world = await World.StartAsync(slowness: 8, distributed: true);
        var operation = await world.MigrateAsync(new { });
        await world.TransferringAsync(operation);
        await world.RestartAgentsAsync();
        Assert.Equal(1, world.RunningMigrations());
        var end = await world.Platform.EndOfAsync(operation);
        Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
        world.AssertOnlyOn(1, VmState.Running);
    }

    [Fact]
    public async Task A_source_that_loses_its_power_in_the_middle_keeps_the_VM_and_the_migration_ends_once_it_is_back()
    {
        await using var world = await World.StartAsync(slowness: 50);
        var operation = await world.MigrateAsync(new { });
        await world.TransferringAsync(operation);
        await world.Fleet.Hosts[0].PowerOffAsync();
        await world.Fleet.Hosts[0].PowerOnAsync();
        var end = await world.Platform.EndOfAsync(operation);
        Assert.True(end.GetProperty("status").GetString() is "RolledBack" or "Failed", end.ToString());
        world.AssertOnlyOn(0, VmState.Off);
    }

    [Fact]
    public async Task Storage_moves_while_the_VM_runs_and_an_agent_restarted_meanwhile_finds_the_move_again()
    {
        await using var world = await World.StartAsync(distributed: true, jobDuration: TimeSpan.FromSeconds(3));
        var operation = await world.Platform.AcceptAsync($"/v1/vms/{Web}/storage-moves", new { directory = @"\\filer\moved" });
        await Eventually.Until(() => world.RunningMigrations() == 1, "the move runs");
        await world.RestartAgentsAsync();
        Assert.Equal(1, world.RunningMigrations());
        var end = await world.Platform.EndOfAsync(operation);
        Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
        world.AssertOnlyOn(0, VmState.Running);
        await world.Platform.UntilAsync(
            $"/v1/vms/{Web}", v => v.GetProperty("disks")[0].GetProperty("source").GetString() == @"\\filer\moved\Virtual Hard Disks\web.vhdx", "the inventory has the new place");
        Assert.Contains(await world.Platform.ListAsync($"/v1/vms/{Web}/history?limit=200"), e => e.GetProperty("type").GetString() == "vm_operation_succeeded");
    }

    private sealed class World(HyperVFleet fleet, Platform platform, Guid[] hosts) : IAsyncDisposable
    {
        public HyperVFleet Fleet => fleet;

        public Platform Platform => platform;

        /// <summary>The hosts' ids in the platform, in the fleet's order.</summary>
        public Guid[] Hosts => hosts;

        public static async Task<World> StartAsync(double slowness = 1, bool distributed = false, TimeSpan jobDuration = default)
        {
            var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { Hosts = 2, Host = new SimulatedHostOptions { JobDuration = jobDuration } });
            fleet.Hosts[0].Model.AddVm(new NewVm("web") { Id = Web, MemoryMb = 512, Disks = [new NewVmDisk(Disk)], State = VmState.Running });
            fleet.Hosts[0].Apply(new JobFault { Slowness = slowness });
            var configuration = new Dictionary<string, string?>();
            for (var i = 0; i < 2; i++)
            {
                var agent = $"Hv:Agents:{i}:";
                configuration[$"{agent}Driver"] = "hyperv";
                configuration[$"{agent}Uri"] = fleet.Hosts[i].Address.ToString();
                configuration[$"{agent}HyperV:Authentication"] = "Basic";
                configuration[$"{agent}HyperV:AllowUnencrypted"] = "true";
                configuration[$"{agent}HyperV:User"] = "Administrator";
                configuration[$"{agent}HyperV:Password"] = "Passw0rd!";
                configuration[$"{agent}HyperV:PollSeconds"] = "0.2";
                configuration[$"{agent}SharedPaths:0"] = @"\\filer\vms";
            }

            var platform = await Platform.StartAsync(SimulatedFleetTests.AllModules(), distributed, configuration);
            Guid[] hosts = [];
            await Eventually.Until(
                async () =>
                {
                    var known = (await platform.ListAsync("/v1/hosts")).OrderBy(h => h.GetProperty("name").GetString(), StringComparer.OrdinalIgnoreCase).ToList();
                    hosts = [.. known.Select(h => h.GetProperty("id").GetGuid())];
                    return hosts.Length == 2 && (await platform.ListAsync("/v1/vms")).Length == 1;
                },
                "both hosts and the VM are in the inventory",
                30);
            return new World(fleet, platform, hosts);
        }

        public Task<Guid> MigrateAsync(object policy) => platform.AcceptAsync($"/v1/vms/{Web}/migrations", new { destinationHostId = hosts[1], policy });

        public Task TransferringAsync(Guid operation) =>
            platform.UntilAsync($"/v1/migrations/{operation}", m => m.TryGetProperty("progress", out var p) && p.GetProperty("percent").GetDouble() > 0, "the transfer makes progress");

        /// <summary>The agents end as they do when their service is stopped, and start again on their journals. Only if distributed.</summary>
        public Task RestartAgentsAsync() => platform.RestartAsync(AgentModule);

        /// <summary>Migration jobs of the source that have not ended.</summary>
        public int RunningMigrations()
        {
            var here = fleet.Hosts[0].Model;
            lock (here.Gate)
            {
                return here.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_MigrationJob").Count(j => j.Number("JobState") is < 7);
            }
        }

        /// <summary>One host has the VM, in this state, and the other has nothing of it, planned or not.</summary>
        public void AssertOnlyOn(int host, VmState state)
        {
            var (here, there) = (fleet.Hosts[host].Model, fleet.Hosts[1 - host].Model);
            lock (here.Gate)
            {
                Assert.Equal(state, Assert.Single(here.Vms.Values).State);
                Assert.Empty(here.PlannedVms);
            }

            lock (there.Gate)
            {
                Assert.Empty(there.Vms);
                Assert.Empty(there.PlannedVms);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await platform.DisposeAsync();
            await fleet.DisposeAsync();
        }
    }
}
