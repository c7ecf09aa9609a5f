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
[Collection("libvirt pair")]
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
