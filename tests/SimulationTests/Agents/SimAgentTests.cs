using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Simulated;
using Xunit;

namespace HvPlatform.SimulationTests.Agents;

/// <summary>The real agent under the virtual clock: what its death at any point leaves, and that a seed replays.</summary>
public sealed class SimAgentTests
{
    const int Seed = 5;

    [Fact]
    public void Undisturbed_migration_ends_with_one_copy_and_each_effect_once()
    {
        var hosts = new TwoHosts(Seed);
        Assert.True(hosts.Migrate());
        AssertMoved(hosts, "undisturbed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Agent_killed_at_any_step_of_a_migration_ends_it_all_the_same(bool source)
    {
        var undisturbed = new TwoHosts(Seed);
        Assert.True(undisturbed.Migrate());
        TestContext.Current.TestOutputHelper!.WriteLine($"{undisturbed.Scheduler.Steps} steps");
        for (var step = 1L; step <= undisturbed.Scheduler.Steps; step++)
        {
            var hosts = new TwoHosts(Seed);
            hosts.KillAt = (source ? hosts.Source : hosts.Destination, step);
            Assert.True(hosts.Migrate(), $"The migration did not end after a death at step {step}.");
            AssertMoved(hosts, $"death at step {step}");
        }
    }

    [Fact]
    public void Reboot_whose_agent_is_killed_at_any_step_is_answered_and_reaches_the_guest_at_most_once() =>
        Assert.All(RebootsWithADeathAtEachStep(loseJournal: false), reboots => Assert.InRange(reboots, 0, 1));

    [Fact]
    public void Without_the_journal_a_reboot_reaches_the_guest_twice() =>
        Assert.Contains(2, RebootsWithADeathAtEachStep(loseJournal: true));

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, 100L)]
    [InlineData(3, 250L)]
    public void Equal_seeds_replay_exactly(int seed, long? kill)
    {
        Assert.Equal(Trace(seed, kill), Trace(seed, kill));
        Assert.NotEqual(Trace(seed, kill), Trace(seed + 100, kill));
    }

    [Fact]
    public void Agent_says_what_it_sees_in_virtual_time()
    {
        var hosts = new TwoHosts(Seed);
        Assert.True(hosts.Migrate());
        var end = hosts.Scheduler.Now + TimeSpan.FromMinutes(2);
        hosts.Run(() => hosts.Scheduler.Now > end);
        var said = hosts.Said.Select(p => p.Message).ToList();
        Assert.Equal(2, said.OfType<HostRegistered>().Count());
        Assert.InRange(said.OfType<HostHeartbeat>().Count(h => h.HostId == hosts.Source.HostId), 20, 30);
        Assert.InRange(said.OfType<HostReported>().Count(r => r.HostId == hosts.Source.HostId), 3, 7);
        Assert.Contains(said.OfType<VmObserved>(), o => o.HostId == hosts.Destination.HostId && o.Vm.Id == hosts.Vm && o.Vm.State == VmState.Running);
        Assert.Contains(said.OfType<VmGone>(), o => o.HostId == hosts.Source.HostId && o.VmId == hosts.Vm);
    }

    static List<int> RebootsWithADeathAtEachStep(bool loseJournal)
    {
        var undisturbed = new TwoHosts(Seed);
        Assert.True(undisturbed.Reboot());
        var reboots = new List<int>();
        for (var step = 1L; step <= undisturbed.Scheduler.Steps; step++)
        {
            var hosts = new TwoHosts(Seed) { LoseJournal = loseJournal };
            hosts.KillAt = (hosts.Source, step);
            Assert.True(hosts.Reboot(), $"The reboot was not answered after a death at step {step}.");
            reboots.Add(hosts.Effects.Count(e => e.Operation == SimulatedOperation.Reboot));
        }

        return reboots;
    }

    static ulong Trace(int seed, long? kill)
    {
        var hosts = new TwoHosts(seed);
        hosts.KillAt = kill is { } step ? (hosts.Source, step) : null;
        Assert.True(hosts.Migrate());
        return hosts.Scheduler.Trace;
    }

    static void AssertMoved(TwoHosts hosts, string when)
    {
        var where = hosts.Fleet.WhereIs(hosts.Vm);
        Assert.True(where is [var only] && only == (hosts.Destination.HostId, VmState.Running), $"{when}: {string.Join(", ", where)}");
        Assert.Empty(hosts.Fleet[hosts.Destination.HostId].PreparedVms);
        var twice = hosts.Effects.Where(e => e.Vm == hosts.Vm).GroupBy(e => e).Where(g => g.Count() > 1).ToList();
        Assert.True(twice.Count == 0, $"{when}: {string.Join(", ", twice.Select(g => $"{g.Key} {g.Count()} times"))}");
        Assert.Contains(hosts.Effects, e => e.Operation == SimulatedOperation.Transfer);
    }
}
