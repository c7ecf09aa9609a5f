using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Simulated;
using Xunit;

namespace HvPlatform.SimulationTests.Agents;

/// <summary>An older epoch is refused wherever it is found out, and that is said.</summary>
public sealed class FencingTests
{
    [Fact]
    public void Older_epoch_is_refused_by_the_journal_and_said()
    {
        var hosts = new TwoHosts(1);
        Assert.True(hosts.RunToEnd(async () =>
        {
            await hosts.AskAsync<object>(hosts.Source, Reboot(hosts, "newer", 5));
            await hosts.AskAsync<VmCommandFailed>(hosts.Source, Reboot(hosts, "older", 4));
        }));
        AssertRefused(hosts, 1);
    }

    [Fact]
    public void Older_epoch_is_refused_by_what_is_stored_beside_the_vm_and_said_once_also_over_deaths()
    {
        for (var step = 1L; step < 150; step++)
        {
            var hosts = new TwoHosts(1);
            Assert.True(hosts.RunToEnd(async () =>
            {
                await hosts.AskAsync<object>(hosts.Source, Reboot(hosts, "newer", 5));
                hosts.Source.Kill();
                hosts.Source.Disk.Lose();
                hosts.Source.Start();
                hosts.KillAt = (hosts.Source, hosts.Scheduler.Steps + step);
                await hosts.AskAsync<VmCommandFailed>(hosts.Source, Reboot(hosts, "older", 4));
            }), $"no end after a death at step {step}");
            Assert.Equal(1, hosts.Effects.Count(e => e.Operation == SimulatedOperation.Reboot));
            AssertRefused(hosts, null);
        }
    }

    [Fact]
    public void Job_that_waited_while_a_newer_operation_was_taken_is_refused_when_its_turn_comes()
    {
        var hosts = new TwoHosts(1);
        hosts.Fleet[hosts.Source.HostId].Inject(new SimulatedFault { Operation = SimulatedOperation.Pause, Delay = TimeSpan.FromSeconds(5) });
        Assert.True(hosts.RunToEnd(async () =>
        {
            await hosts.SendAsync(hosts.Source, new PauseVmOnHost { OperationId = hosts.Operation, Step = "slow", HostId = hosts.Source.HostId, VmId = hosts.Vm, Epoch = 4 });
            await Task.Delay(TimeSpan.FromSeconds(1), hosts.Time);
            await hosts.SendAsync(hosts.Source, Reboot(hosts, "older", 4));
            await hosts.SendAsync(hosts.Source, Reboot(hosts, "newer", 5));
            await hosts.AskAsync<VmCommandFailed>(hosts.Source, Reboot(hosts, "older", 4));
        }));
        AssertRefused(hosts, 1);
    }

    static RebootVmOnHost Reboot(TwoHosts hosts, string step, long epoch) =>
        new() { OperationId = hosts.Operation, Step = step, HostId = hosts.Source.HostId, VmId = hosts.Vm, Epoch = epoch };

    static void AssertRefused(TwoHosts hosts, int? times)
    {
        var said = hosts.Said.Where(p => p.Message is HostCommandRefused).ToList();
        Assert.NotEmpty(said);
        Assert.Single(said.Select(p => p.MessageId).Distinct());
        Assert.True(times is null || said.Count == times);
        var refused = (HostCommandRefused)said[0].Message;
        Assert.Equal(("older", nameof(RebootVmOnHost), 4, 5), (refused.Step, refused.Command, refused.Epoch, refused.HighestEpoch));
        Assert.Equal((hosts.Operation, hosts.Source.HostId, hosts.Vm), (refused.OperationId, refused.HostId, refused.VmId));
        Assert.Contains(hosts.Said, p => p.Message is VmCommandFailed { Step: "older", Error.Code: "stale-epoch" });
    }
}
