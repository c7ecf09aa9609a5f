using HvPlatform.Chaos.Rounds;
using HvPlatform.Chaos.World;
using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>
/// The platform as processes of its own, and in each phase of a real guest's migration one fault. Afterwards one copy runs, its counter never went back,
/// nothing is left over, and the platform's word agrees with both hosts (<see cref="RoundChecks"/>). <c>./hv chaos</c> does it with every fault.
/// </summary>
[Collection(VmCollections.Chaos)]
public sealed class ChaosTests(ChaosTests.Fixture fixture) : IClassFixture<ChaosTests.Fixture>
{
    [Fact]
    public Task Database_killed_in_Preflight() => RoundAsync(Fault.Postgres, MigrationPhase.Preflight);

    [Fact]
    public Task Orchestrator_killed_in_Reserving() => RoundAsync(Fault.Orchestrator, MigrationPhase.Reserving);

    [Fact]
    public Task Broker_killed_in_PreparingDestination() => RoundAsync(Fault.RabbitMq, MigrationPhase.PreparingDestination);

    [Fact]
    public Task Destination_host_without_power_in_Transferring_makes_it_in_doubt() => RoundAsync(Fault.DestinationPower, MigrationPhase.Transferring, outageSeconds: 17);

    [Fact]
    public Task Destination_agent_killed_at_work_in_Finishing() => RoundAsync(Fault.DestinationAgent, MigrationPhase.Finishing, insideTheCall: true);

    [Fact]
    public Task Saga_killed_in_Confirming() => RoundAsync(Fault.Saga, MigrationPhase.Confirming);

    [Fact]
    public async Task The_checks_find_a_lock_left_behind_a_second_definition_and_a_second_copy()
    {
        var world = await fixture.WorldAsync();
        var plan = new RoundPlan { Fault = Fault.None, Phase = MigrationPhase.Transferring };
        var result = await new ChaosRound(world).RunAsync(plan, TestContext.Current.CancellationToken);
        Assert.Empty(result.Violations);
        var operation = (await world.Api.TryGetAsync($"/v1/operations/{result.Operation}"))!.Value;
        var here = world.Number(operation.GetProperty("destinationHostId").GetGuid());
        var there = 3 - here;
        var checks = new RoundChecks(world, plan, there, here, RoundChecks.Boots(world));
        try
        {
            await world.QueryAsync($"insert into orchestrator.vm_locks values ('{Guid.NewGuid()}', '{Guid.NewGuid()}', now())");
            Assert.Contains("1 locks of VMs are left", await FoundAsync());

            // A second copy of the VM, of a disk that QEMU's lock does not protect.
            var (disk, definition) = ($"{world.Disk}.copy", Path.Combine(world.Folder, "copy.xml"));
            // Stopped for the copy: QEMU then has written all it holds, and the copy boots.
            await world.Hosts.VirshAsync(here, "suspend", world.Vm.ToString());
            File.Copy(world.Disk, disk);
            await world.Hosts.VirshAsync(here, "resume", world.Vm.ToString());
            var xml = await world.Hosts.VirshAsync(here, "dumpxml", world.Vm.ToString(), "--migratable");
            await File.WriteAllTextAsync(definition, xml.Replace(world.Disk, disk, StringComparison.Ordinal), TestContext.Current.CancellationToken);
            await world.Hosts.VirshAsync(there, "define", definition);
            Assert.Contains(await FoundAsync(), f => f.StartsWith("the VM is defined 2 times", StringComparison.Ordinal));

            await world.Hosts.VirshAsync(there, "start", world.Vm.ToString());
            await Eventually.Until(
                async () => await FoundAsync() is var found && found.Any(f => f.StartsWith("2 copies run", StringComparison.Ordinal)) && found.Contains("the guest booted anew, though nothing had ended it"),
                "the second copy is found", 20, async () => string.Join("; ", await FoundAsync()));
        }
        finally
        {
            // This world is no good for another round.
            await fixture.DisposeAsync();
        }

        async Task<IReadOnlyList<string>> FoundAsync() => await checks.RunAsync(operation, TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    async Task RoundAsync(Fault fault, MigrationPhase phase, double outageSeconds = 1, bool insideTheCall = false)
    {
        var plan = new RoundPlan { Fault = fault, Phase = phase, Outage = TimeSpan.FromSeconds(outageSeconds), InsideTheCall = insideTheCall };
        RoundResult result;
        try
        {
            result = await new ChaosRound(await fixture.WorldAsync()).RunAsync(plan, TestContext.Current.CancellationToken);
        }
        catch
        {
            await fixture.DisposeAsync();
            throw;
        }

        Assert.True(result.Violations.Count == 0, $"{result.Outcome}: {string.Join("; ", result.Violations)}{await fixture.LogsAsync(result)}");
    }

    /// <summary>One world for all rounds, unless one of them has left it in ruins.</summary>
    public sealed class Fixture : IAsyncDisposable
    {
        ChaosWorld? _world;

        public async ValueTask DisposeAsync()
        {
            if (_world is not null)
            {
                await _world.DisposeAsync();
                _world = null;
            }
        }

        internal async Task<ChaosWorld> WorldAsync()
        {
            LibvirtPair.Require();
            return _world ??= await ChaosWorld.StartAsync(TestContext.Current.CancellationToken);
        }

        internal async Task<string> LogsAsync(RoundResult result)
        {
            if (result.Violations.Count == 0)
            {
                return "";
            }

            var folder = Path.Combine(Repository.Root, ".hv", "chaos", $"{result.Plan.Fault}-{result.Plan.Phase}");
            _world!.KeepLogs(folder);
            await DisposeAsync();
            return $". Logs: {folder}";
        }
    }
}
