using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Evacuations;
using Xunit;

namespace HvPlatform.UnitTests.Orchestrator;

public sealed class EvacuationPlanTests
{
    readonly EvacuationFleet fleet = new();

    EvacuationPlan Plan(EvacuationSettings? settings = null, Func<VmId, IReadOnlyList<HostId>>? tried = null) => EvacuationPlan.Make(
        fleet.Hosts[EvacuationFleet.Source], [.. fleet.Hosts.Values.Where(h => h.Id != EvacuationFleet.Source)], [.. fleet.Vms.Values], settings ?? new(), tried);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_fleet_is_placed_within_every_hosts_memory_and_each_VM_is_in_the_plan_once(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var some = new EvacuationFleet();
            for (var h = 0; h < random.Next(6); h++)
            {
                some.Host($"h{h}", random.Next(-2000, 20_000), maintenance: random.Next(5) == 0, status: random.Next(6) == 0 ? "AgentSilent" : "Online",
                    kind: random.Next(6) == 0 ? HypervisorKind.HyperV : HypervisorKind.Simulated);
            }

            for (var v = 0; v < random.Next(40); v++)
            {
                some.Vm($"v{v}", 128L << random.Next(7), random.Next(5) == 0 ? VmState.Off : random.Next(9) == 0 ? VmState.Paused : VmState.Running);
            }

            var settings = new EvacuationSettings { Order = (EvacuationOrder)random.Next(1, 4) };
            FleetHost[] others = [.. some.Hosts.Values.Where(h => h.Id != EvacuationFleet.Source)];
            FleetVm[] vms = [.. some.Vms.Values];

            var plan = EvacuationPlan.Make(some.Hosts[EvacuationFleet.Source], others, vms, settings);

            Assert.Equal(vms.Select(v => v.Id.Value).Order(), plan.Moves.Select(m => m.Vm.Id.Value).Concat(plan.CannotMove.Select(c => c.Vm.Id.Value)).Order());
            foreach (var host in others)
            {
                // Stopped VMs need no room.
                var taken = plan.Moves.Where(m => m.Destination.Id == host.Id).Sum(m => EvacuationPlan.NeedMiB(m.Vm));
                Assert.True(taken == 0 || (taken <= host.FreeMiB && host is { InMaintenance: false, Status: "Online", Kind: HypervisorKind.Simulated }), $"{host}: {taken}");
            }

            // Nothing that still fits somewhere is left behind: the plan only says no if no host has the room.
            foreach (var left in plan.CannotMove.Where(c => c.Error.Code == "no-destination"))
            {
                Assert.DoesNotContain(others, h => h is { InMaintenance: false, Status: "Online", Kind: HypervisorKind.Simulated }
                    && h.FreeMiB - plan.Moves.Where(m => m.Destination.Id == h.Id).Sum(m => EvacuationPlan.NeedMiB(m.Vm)) >= EvacuationPlan.NeedMiB(left.Vm));
            }

            random.Shuffle(others);
            random.Shuffle(vms);
            Assert.Equal(plan.Moves, EvacuationPlan.Make(some.Hosts[EvacuationFleet.Source], others, vms, settings).Moves);
        }
    }

    [Fact]
    public void VMs_spread_over_the_hosts_and_the_largest_choose_first()
    {
        fleet.Host("beta", 8192);
        fleet.Host("gamma", 8192);
        fleet.Vm("small-1", 2048);
        fleet.Vm("small-2", 2048);
        var large = fleet.Vm("large", 8192);

        var plan = Plan();

        Assert.Empty(plan.CannotMove);
        Assert.Equal(["small-1", "small-2", "large"], plan.Moves.Select(m => m.Vm.Name));
        Assert.Single(plan.Moves, m => m.Vm == large && m.Destination.Name == "beta");
        Assert.All(plan.Moves.Where(m => m.Vm != large), m => Assert.Equal("gamma", m.Destination.Name));
        Assert.Contains("2 hosts that fit", plan.Moves[2].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_VM_that_fits_nowhere_says_what_is_wrong_with_each_host()
    {
        fleet.Host("beta", 512);
        fleet.Host("closed", 9000, maintenance: true);
        fleet.Host("hyper", 9000, kind: HypervisorKind.HyperV);
        fleet.Host("silent", 9000, status: "AgentSilent");
        fleet.Host("bare", 9000, facets: []);
        fleet.Vm("web", 1024);

        var left = Assert.Single(Plan().CannotMove);

        Assert.Equal("no-destination", left.Error.Code);
        foreach (var reason in (string[])["'beta' has 512 MiB left", "'closed' is in maintenance", "'hyper' is a HyperV host", "'silent' is not online (AgentSilent)", "'bare' does not offer the facet"])
        {
            Assert.Contains(reason, left.Error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_stopped_VM_needs_hosts_that_migrate_cold_but_no_memory()
    {
        fleet.Host("beta", 9000, facets: ["migration"]);
        fleet.Host("gamma", 0);
        fleet.Vm("stopped", 1024, VmState.Off);
        fleet.Vm("running", 1024);

        var plan = Plan();

        Assert.Equal(["running > beta", "stopped > gamma"], plan.Moves.Select(m => $"{m.Vm.Name} > {m.Destination.Name}"));
        fleet.Host("alpha", 0, EvacuationFleet.Source, facets: ["migration"]);
        Assert.Equal("facet-unsupported", Assert.Single(Plan().CannotMove).Error.Code);
    }

    [Fact]
    public void Only_the_destinations_asked_for_are_used()
    {
        fleet.Host("beta", 9000);
        var gamma = fleet.Host("gamma", 4000);
        fleet.Vm("web", 1024);

        Assert.Equal("gamma", Assert.Single(Plan(new() { DestinationHostIds = [gamma.Id] }).Moves).Destination.Name);
    }

    [Fact]
    public void A_host_where_the_move_failed_comes_last()
    {
        var beta = fleet.Host("beta", 9000);
        var gamma = fleet.Host("gamma", 4000);
        fleet.Vm("web", 1024);

        Assert.Equal("gamma", Assert.Single(Plan(tried: _ => [beta.Id]).Moves).Destination.Name);
        Assert.Contains("tried before", Assert.Single(Plan(tried: _ => [beta.Id, gamma.Id]).Moves).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VmState.Running, MigrationMode.Auto, "Live")]
    [InlineData(VmState.Off, MigrationMode.Auto, "Cold")]
    [InlineData(VmState.Off, MigrationMode.Live, "wrong-state")]
    [InlineData(VmState.Running, MigrationMode.Cold, "wrong-state")]
    [InlineData(VmState.Paused, MigrationMode.Auto, "Live")]
    [InlineData(VmState.Paused, MigrationMode.Live, "Live")]
    [InlineData(VmState.Paused, MigrationMode.Cold, "wrong-state")]
    [InlineData(VmState.Crashed, MigrationMode.Auto, "wrong-state")]
    public void Running_and_paused_VMs_move_live_and_stopped_ones_cold_as_the_policy_allows(VmState state, MigrationMode mode, string expected)
    {
        fleet.Host("beta", 9000);
        fleet.Vm("web", 1024, state);

        var plan = Plan(new() { Policy = new() { Mode = mode } });

        Assert.Equal(expected, plan.Moves.Count > 0 ? plan.Moves[0].Mode.ToString() : plan.CannotMove[0].Error.Code);
    }

    [Theory]
    [InlineData("""{"maxConcurrent":0}""", "maxConcurrent")]
    [InlineData("""{"maxAttempts":101}""", "maxAttempts")]
    [InlineData("""{"order":"Sideways"}""", "order")]
    [InlineData("""{"policy":{"timeoutSeconds":0}}""", "policy.timeoutSeconds")]
    public void Settings_out_of_range_are_named(string json, string field)
    {
        var settings = JsonSerializer.Deserialize<EvacuationSettings>(json, HvJson.Options)!;
        Assert.Contains(field, EvacuationRequest.Validate(settings, "").Keys);
    }
}
