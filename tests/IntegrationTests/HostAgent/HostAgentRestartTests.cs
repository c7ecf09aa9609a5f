using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.HostAgent;

/// <summary>The agent goes and comes back over a real RabbitMQ, while its host lives on. A call that hangs when the agent goes is journaled as begun and without an end: a crash in the middle.</summary>
public sealed class HostAgentRestartTests
{
    [Fact]
    public async Task Command_that_comes_many_times_runs_once()
    {
        await using var host = await AgentHost.StartAsync("rabbitmq");
        var command = HostAgentTests.Start(host, host.StoppedVm(host.First));
        var sameMessage = Guid.NewGuid();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => host.SendAsync(command, i % 2 == 0 ? sameMessage : null)));
        await host.HearAsync<VmCommandCompleted>(c => c.OperationId == command.OperationId);
        await host.SendAsync(command);
        await Eventually.Until(() => host.Heard<VmCommandCompleted>().Count >= 2, "the last repeat is answered");

        // A second start of a running VM would have failed.
        Assert.Empty(host.Heard<VmCommandFailed>());
        await host.HearAsync<VmObserved>(o => o.Vm.Id == command.VmId);
        Assert.Single(host.Heard<VmObserved>(o => o.Vm.Id == command.VmId));
    }

    [Fact]
    public async Task Command_sent_while_the_agent_is_away_waits_for_it()
    {
        await using var host = await AgentHost.StartAsync("rabbitmq");
        await host.StopAgentAsync();
        await host.HearAsync<HostAgentStopping>(s => s.HostId == host.First.Id);
        var command = HostAgentTests.Start(host, host.StoppedVm(host.First));
        await host.SendAsync(command);
        await host.StartAgentAsync();
        Assert.Equal(VmState.Running, (await host.HearAsync<VmCommandCompleted>(c => c.OperationId == command.OperationId)).State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_interrupted_before_or_after_its_effect_ends_with_the_vm_running_once(bool afterEffect)
    {
        await using var host = await AgentHost.StartAsync("rabbitmq");
        host.First.Inject(new SimulatedFault { Operation = SimulatedOperation.Start, Hang = true, AfterEffect = afterEffect });
        var command = HostAgentTests.Start(host, host.StoppedVm(host.First));
        await InterruptAsync(host, command);
        Assert.Equal(afterEffect ? VmState.Running : VmState.Off, Assert.Single(host.Fleet.WhereIs(command.VmId)).State);
        await host.StartAgentAsync();
        Assert.Equal(VmState.Running, (await host.HearAsync<VmCommandCompleted>(c => c.OperationId == command.OperationId)).State);
        Assert.Empty(host.Heard<VmCommandFailed>());
    }

    [Fact]
    public async Task Interrupted_reboot_is_not_done_again_and_says_that_it_is_not_known()
    {
        await using var host = await AgentHost.StartAsync("rabbitmq");
        host.First.Inject(new SimulatedFault { Operation = SimulatedOperation.Reboot, Hang = true });
        var command = new RebootVmOnHost { OperationId = OperationId.New(), HostId = host.First.Id, VmId = host.RunningVm(host.First), Epoch = 1 };
        await InterruptAsync(host, command);
        await host.StartAgentAsync();
        Assert.Equal("agent-restarted", (await host.HearAsync<VmCommandFailed>(c => c.OperationId == command.OperationId)).Error.Code);
        Assert.Empty(host.Heard<VmObserved>(o => o.Vm.Id == command.VmId));
    }

    [Fact]
    public async Task Job_that_had_not_begun_begins_after_the_restart()
    {
        await using var host = await AgentHost.StartAsync("rabbitmq", settings: new() { ["Hv:Agents:0:Workers"] = "1" });
        host.First.Inject(new SimulatedFault { Operation = SimulatedOperation.Start, Hang = true });
        var first = HostAgentTests.Start(host, host.StoppedVm(host.First));
        var second = new PauseVmOnHost { OperationId = OperationId.New(), HostId = host.First.Id, VmId = host.RunningVm(host.First), Epoch = 1 };
        await host.SendAsync(first);
        await host.HearAsync<HostJobAccepted>(a => a.OperationId == first.OperationId);
        await InterruptAsync(host, second);
        Assert.Empty(host.Heard<VmCommandCompleted>());
        await host.StartAgentAsync();
        await host.HearAsync<VmCommandCompleted>(c => c.OperationId == first.OperationId);
        Assert.Equal(VmState.Paused, (await host.HearAsync<VmCommandCompleted>(c => c.OperationId == second.OperationId)).State);
    }

    [Fact]
    public async Task Transfer_goes_on_without_the_agent_and_the_next_one_attaches_to_it()
    {
        await using var host = await AgentHost.StartAsync("rabbitmq");
        var vm = await HostAgentTests.EndlessTransferAsync(host, out var operation);
        await host.StopAgentAsync();
        Assert.Empty(host.Heard<VmTransferEnded>());
        Assert.Equal(2, host.Fleet.WhereIs(vm).Count);
        await host.StartAgentAsync();
        host.First.SetTransferSpeed(vm, null);
        var ended = await host.HearAsync<VmTransferEnded>();
        Assert.Equal((operation, VmTransferOutcome.Completed), (ended.OperationId, ended.Outcome));
        Assert.NotNull(ended.DowntimeMs);
        Assert.Equal((host.Second.Id, VmState.Running), Assert.Single(host.Fleet.WhereIs(vm)));
    }

    [Fact]
    public async Task Transfer_that_completed_unseen_is_indeterminate_and_one_that_failed_unseen_is_failed()
    {
        await using var host = await AgentHost.StartAsync("rabbitmq");
        var arrived = await HostAgentTests.EndlessTransferAsync(host, out var operation);
        await host.StopAgentAsync();
        host.First.SetTransferSpeed(arrived, null);
        await Eventually.Until(() => host.Fleet.WhereIs(arrived).Count == 1, "the VM has arrived");
        await host.StartAgentAsync();
        Assert.Equal(VmTransferOutcome.Indeterminate, (await host.HearAsync<VmTransferEnded>(e => e.OperationId == operation)).Outcome);

        var stays = VmId.From(Guid.NewGuid());
        host.First.AddVm(SimulatedFleet.NewVm(stays, "stays", 1, 256, VmState.Running), new SimulatedGuest { DirtyMiBps = 64, WorkingSetMiB = 128 });
        var second = OperationId.New();
        await host.SendAsync(HostAgentTests.Transfer(host, stays, second, new MigrationPolicy { BandwidthMiBps = 16 }));
        await host.HearAsync<MigrationProgressed>(p => p.OperationId == second);
        await host.StopAgentAsync();
        host.Second.PowerLoss();
        host.Second.PowerOn();
        await host.StartAgentAsync();
        var ended = await host.HearAsync<VmTransferEnded>(e => e.OperationId == second);
        Assert.Equal((VmTransferOutcome.Failed, "transfer-lost"), (ended.Outcome, ended.Error!.Code));
    }

    [Fact]
    public async Task Generations_grow_over_a_restart()
    {
        await using var host = await AgentHost.StartAsync("rabbitmq");
        await host.HearAsync<HostReported>(r => r.HostId == host.First.Id);
        await host.SendAsync(HostAgentTests.Start(host, host.StoppedVm(host.First)));
        await host.HearAsync<VmObserved>(o => o.HostId == host.First.Id);
        await host.StopAgentAsync();
        await Eventually.Until(() => host.Heard<HostAgentStopping>().Count == 2, "both hosts' agents have said that they stop");
        var before = GenerationsOf(host);
        await host.StartAgentAsync();
        await Eventually.Until(() => host.Heard<HostReported>(r => r.HostId == host.First.Id).Count == 2, "a report of the second agent");
        Assert.Equal(before.Count, before.Distinct().Count());
        Assert.True(GenerationsOf(host).Except(before).Min() > before.Max());
    }

    [Fact]
    public async Task Highest_epoch_is_remembered_over_a_restart()
    {
        await using var host = await AgentHost.StartAsync("rabbitmq");
        var vm = host.StoppedVm(host.First);
        await host.SendAsync(HostAgentTests.Start(host, vm, epoch: 8));
        await host.HearAsync<VmCommandCompleted>();
        await host.StopAgentAsync();
        await host.StartAgentAsync();
        var stale = HostAgentTests.Start(host, vm, epoch: 7);
        await host.SendAsync(stale);
        Assert.Equal("stale-epoch", (await host.HearAsync<VmCommandFailed>(f => f.OperationId == stale.OperationId)).Error.Code);
    }

    [Fact]
    public async Task Answer_the_broker_never_confirmed_is_published_by_the_next_agent_as_the_same_message()
    {
        await using var host = await AgentHost.StartAsync("rabbitmq");
        await host.StopAgentAsync();
        var completed = new VmCommandCompleted
        {
            OperationId = OperationId.New(),
            Step = "start",
            HostId = host.First.Id,
            VmId = host.StoppedVm(host.First),
            Kind = OperationKind.StartVm,
            State = VmState.Running,
            At = TimeProvider.System.GetUtcNow(),
        };
        var key = new JobKey(completed.OperationId, completed.Step);
        await using (var journal = JobJournal.Open(host.JournalDirectory, host.First.Id, TimeProvider.System))
        {
            var body = JsonSerializer.SerializeToElement(new { }, HvJson.Options);
            await journal.AppendAsync(
                new JobReceived(key, completed.VmId, 1, nameof(StartVmOnHost), body, completed.At, null),
                new JobStarted(key),
                new JobEnded(key, completed.At, nameof(VmCommandCompleted), JsonSerializer.SerializeToElement(completed, HvJson.Options), Guid.NewGuid()));
        }

        await host.StartAgentAsync();
        Assert.Equal(completed, await host.HearAsync<VmCommandCompleted>());
        await host.StopAgentAsync();
        await using var after = JobJournal.Open(host.JournalDirectory, host.First.Id, TimeProvider.System);
        Assert.Empty(after.Unpublished());
    }

    static List<long> GenerationsOf(AgentHost host) =>
    [
        .. host.Heard<HostReported>(r => r.HostId == host.First.Id).Select(r => r.Generation),
        .. host.Heard<HostRegistered>(r => r.HostId == host.First.Id).Select(r => r.Generation),
        .. host.Heard<VmObserved>(o => o.HostId == host.First.Id).Select(o => o.Generation),
    ];

    static async Task InterruptAsync<T>(AgentHost host, T command) where T : class, IHostCommand
    {
        await host.SendAsync(command);
        await host.HearAsync<HostJobAccepted>(a => a.OperationId == command.OperationId);
        await host.StopAgentAsync();
    }
}
