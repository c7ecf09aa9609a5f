using System.Text.Json;
using HvPlatform.HyperVSimulator;
using HvPlatform.HyperVSimulator.Control;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>Exports and imports through the whole platform with an agent that manages two simulated Hyper-V hosts over WS-Management and exports to a share that both reach.</summary>
public sealed class HyperVExportTests(HyperVExportTests.World world) : IClassFixture<HyperVExportTests.World>
{
    private const string Share = @"\\filer\exports";

    [Fact]
    public async Task A_VM_goes_by_an_export_to_another_host_under_a_new_id_and_name_with_its_checkpoint_and_starts()
    {
        var vm = await world.VmAsync("shop");
        await world.SucceedAsync(await world.Platform.AcceptAsync($"/v1/vms/{vm.Id}/checkpoints", new { name = "before" }));
        await world.SucceedAsync(await world.ExportAsync(vm));
        var end = await world.SucceedAsync(await world.ImportAsync(vm, "shop-2", start: true));

        var there = world.Fleet.Hosts[1].Model;
        lock (there.Gate)
        {
            var made = Assert.Single(there.Vms.Values, one => one.Name == "shop-2");
            Assert.True(made.Id != vm.Id && made.State == VmState.Running, $"{made.Id} is {made.State}; {end}");
            Assert.Equal("before", Assert.Single(made.Snapshots).Settings.String("ElementName"));
            Assert.Empty(there.PlannedVms);
        }
    }

    [Fact]
    public async Task A_cancelled_import_leaves_no_planned_VM()
    {
        var vm = await world.VmAsync("never");
        await world.SucceedAsync(await world.ExportAsync(vm));
        var there = world.Fleet.Hosts[1];
        there.Apply(new JobFault { Slowness = 50 });
        var import = await world.ImportAsync(vm, "never-2", start: false);
        await Eventually.Until(() => Planned(there.Model) == 1, "the VM is planned");
        await world.Platform.AcceptAsync($"/v1/operations/{import}/cancel");
        there.Apply(new JobFault { Slowness = 1 });
        var end = await world.Platform.EndOfAsync(import);
        Assert.True(end.GetProperty("status").GetString() == "Cancelled", end.ToString());
        Assert.Equal(0, Planned(there.Model));
    }

    [Fact]
    public async Task The_agent_restarted_in_the_middle_of_an_export_finds_its_job_again()
    {
        var vm = await world.VmAsync("long");
        var here = world.Fleet.Hosts[0];
        here.Apply(new JobFault { Slowness = 100 });
        var export = await world.ExportAsync(vm);
        await world.Platform.UntilAsync($"/v1/operations/{export}", o => o.GetProperty("package").TryGetProperty("progress", out var p) && p.GetProperty("percent").GetDouble() > 0, "it copies");
        await world.Platform.RestartAsync(World.Agent);
        await world.SucceedAsync(export);
        lock (here.Model.Gate)
        {
            var path = Assert.Single(here.Model.Vms.Values, one => one.Id == vm.Id).Key;
            Assert.Single(here.Model.Jobs.All, job => job.Type == JobType.ExportVm && job.Affected.Any(one => one.Path["Name"] == path));
        }

        here.Apply(new JobFault { Slowness = 1 });
    }

    private static int Planned(SimulatedHyperVHost host)
    {
        lock (host.Gate)
        {
            return host.PlannedVms.Count;
        }
    }

    /// <summary>The fleet and the platform, the agent in an application of its own.</summary>
    public sealed class World : IAsyncLifetime
    {
        /// <summary>The agent's place among the services.</summary>
        public const int Agent = 3;

        private string[] hosts = [];

        public HyperVFleet Fleet { get; private set; } = null!;

        public Platform Platform { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { Hosts = 2, Host = new SimulatedHostOptions { JobDuration = TimeSpan.FromMilliseconds(20) } });
            var configuration = new Dictionary<string, string?>();
            for (var i = 0; i < 2; i++)
            {
                var agent = $"Hv:Agents:{i}:";
                configuration[$"{agent}Driver"] = "hyperv";
                configuration[$"{agent}Uri"] = Fleet.Hosts[i].Address.ToString();
                configuration[$"{agent}HyperV:Authentication"] = "Basic";
                configuration[$"{agent}HyperV:AllowUnencrypted"] = "true";
                configuration[$"{agent}HyperV:User"] = "Administrator";
                configuration[$"{agent}HyperV:Password"] = "Passw0rd!";
                configuration[$"{agent}HyperV:PollSeconds"] = "0.2";
                configuration[$"{agent}StopSeconds"] = "0.2";
                configuration[$"{agent}ExportRoots:0"] = Share;
            }

            var all = SimulatedFleetTests.AllModules();
            Platform = await Platform.StartAsync([all[0], all[1], all[2], all[^1]], distributed: true, configuration);
            await Eventually.Until(
                async () => (hosts = [.. (await Platform.ListAsync("/v1/hosts")).OrderBy(h => h.GetProperty("name").GetString(), StringComparer.OrdinalIgnoreCase).Select(h => h.GetProperty("id").GetString()!)]).Length == 2,
                "both hosts are in the inventory",
                30);
        }

        public async ValueTask DisposeAsync()
        {
            await Platform.DisposeAsync();
            await Fleet.DisposeAsync();
        }

        /// <summary>A VM on the first host, in the inventory.</summary>
        public async Task<SimulatedVm> VmAsync(string name)
        {
            var vm = Fleet.Hosts[0].Model.AddVm(new NewVm(name) { MemoryMb = 512, Disks = [new NewVmDisk($@"\\filer\vms\{name}.vhdx")] });
            await Eventually.Until(async () => (await Platform.Api.GetAsync($"/v1/vms/{vm.Id}")).IsSuccessStatusCode, "the VM is in the inventory", 30);
            return vm;
        }

        public Task<Guid> ExportAsync(SimulatedVm vm) => Platform.AcceptAsync($"/v1/vms/{vm.Id}/export", new { directory = $@"{Share}\{vm.Name}" });

        public Task<Guid> ImportAsync(SimulatedVm vm, string name, bool start) => Platform.AcceptAsync(
            $"/v1/hosts/{hosts[1]}/import",
            new { settings = new { directory = $@"{Share}\{vm.Name}", definitionFile = $@"Virtual Machines\{vm.Key}.vmcx", newName = name, copy = false, start } });

        public async Task<JsonElement> SucceedAsync(Guid operation)
        {
            var end = await Platform.EndOfAsync(operation);
            Assert.True(end.GetProperty("status").GetString() == "Succeeded", end.ToString());
            return end;
        }
    }
}
