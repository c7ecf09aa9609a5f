using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.HostAgent;

/// <summary>Agents of a simulated fleet over a bus, seen from outside: what they say and what they do.</summary>
public sealed class HostAgentTests
{
    [Fact]
    public async Task Host_is_registered_reported_and_beats()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var registered = await host.HearAsync<HostRegistered>(r => r.HostId == host.First.Id);
        Assert.Equal(HypervisorKind.Simulated, registered.Kind);
        Assert.Equal(host.First.Name, registered.Name);
        Assert.Equal(0.5, registered.HeartbeatSeconds);
        var report = await host.HearAsync<HostReported>(r => r.HostId == host.First.Id);
        Assert.Equal(HostReportOutcome.Complete, report.Outcome);
        Assert.Equal(5, report.Vms.Count);
        Assert.True(report.Generation > registered.Generation);
        var beat = await host.HearAsync<HostHeartbeat>(b => b.HostId == host.Second.Id);
        Assert.True(beat.HypervisorReachable);
        Assert.True(beat.MemoryFreeMiB > 0);
    }

    [Fact]
    public async Task Lifecycle_command_is_accepted_done_answered_and_observed()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var vm = host.StoppedVm(host.First);
        var command = Start(host, vm);
        await host.SendAsync(command);
        var completed = await host.HearAsync<VmCommandCompleted>(c => c.OperationId == command.OperationId);
        Assert.Equal(OperationKind.StartVm, completed.Kind);
        Assert.Equal(VmState.Running, completed.State);
        Assert.Single(host.Heard<HostJobAccepted>(a => a.OperationId == command.OperationId));
        var observed = await host.HearAsync<VmObserved>(o => o.Vm.Id == vm);
        Assert.Equal(VmState.Running, observed.Vm.State);
    }

    [Fact]
    public async Task Refusal_of_the_hypervisor_is_the_answer()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var command = Start(host, host.RunningVm(host.First));
        await host.SendAsync(command);
        var failed = await host.HearAsync<VmCommandFailed>(c => c.OperationId == command.OperationId);
        Assert.Equal(ErrorKind.InvalidState, failed.Error.Kind);
        Assert.Equal(host.First.Name, failed.Error.Where);
    }

    [Fact]
    public async Task Repeated_command_runs_once_and_its_answer_is_repeated()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var command = new ForceOffVmOnHost { OperationId = OperationId.New(), HostId = host.First.Id, VmId = host.RunningVm(host.First), Epoch = 1 };
        await host.SendAsync(command);
        await host.HearAsync<VmCommandCompleted>(c => c.OperationId == command.OperationId);
        await host.SendAsync(command);
        await Eventually.Until(() => host.Heard<VmCommandCompleted>(c => c.OperationId == command.OperationId).Count == 2, "the answer is repeated");
        Assert.Empty(host.Heard<VmCommandFailed>());
    }

    [Fact]
    public async Task Command_of_an_older_epoch_is_refused_and_says_which_was_seen()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var vm = host.StoppedVm(host.First);
        await host.SendAsync(Start(host, vm, epoch: 5));
        await host.HearAsync<VmCommandCompleted>();
        var stale = new ForceOffVmOnHost { OperationId = OperationId.New(), HostId = host.First.Id, VmId = vm, Epoch = 4 };
        await host.SendAsync(stale);
        var failed = await host.HearAsync<VmCommandFailed>(f => f.OperationId == stale.OperationId);
        Assert.Equal((ErrorKind.Conflict, "stale-epoch"), (failed.Error.Kind, failed.Error.Code));
        Assert.Contains("5", failed.Error.Message, StringComparison.Ordinal);
        var refused = await host.HearAsync<HostCommandRefused>(r => r.OperationId == stale.OperationId);
        Assert.Equal((nameof(ForceOffVmOnHost), 4, 5, vm), (refused.Command, refused.Epoch, refused.HighestEpoch, refused.VmId));
        Assert.Equal((host.First.Id, VmState.Running), Assert.Single(host.Fleet.WhereIs(vm)));

        var staleStep = new CheckMigrationSource { OperationId = OperationId.New(), HostId = host.First.Id, VmId = vm, Epoch = 4 };
        await host.SendAsync(staleStep);
        Assert.Equal("stale-epoch", (await host.HearAsync<MigrationStepFailed>(f => f.OperationId == staleStep.OperationId)).Error.Code);
    }

    [Fact]
    public async Task Epoch_stored_beside_the_vm_fences_on_a_host_that_never_heard_of_it()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var vm = host.RunningVm(host.First);
        await host.SendAsync(Transfer(host, vm, OperationId.New()) with { Epoch = 6 });
        Assert.Equal(VmTransferOutcome.Completed, (await host.HearAsync<VmTransferEnded>()).Outcome);
        var stale = new ForceOffVmOnHost { OperationId = OperationId.New(), HostId = host.Second.Id, VmId = vm, Epoch = 5 };
        await host.SendAsync(stale);
        Assert.Equal("stale-epoch", (await host.HearAsync<VmCommandFailed>(f => f.OperationId == stale.OperationId)).Error.Code);
        var refused = await host.HearAsync<HostCommandRefused>(r => r.OperationId == stale.OperationId);
        Assert.Equal((5, 6, host.Second.Id), (refused.Epoch, refused.HighestEpoch, refused.HostId));
        Assert.Equal((host.Second.Id, VmState.Running), Assert.Single(host.Fleet.WhereIs(vm)));
    }

    [Fact]
    public async Task Epoch_that_could_not_be_stored_beside_the_vm_is_reported_all_the_same()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        host.First.Inject(new SimulatedFault
        {
            Operation = SimulatedOperation.SetEpoch,
            Error = new ErrorInfo { Kind = ErrorKind.Timeout, Code = "operation-timeout", Message = "Another operation holds the VM." },
        });
        var vm = host.StoppedVm(host.First);
        await host.SendAsync(Start(host, vm, epoch: 9));
        await host.HearAsync<VmCommandCompleted>();
        Assert.Equal(9, (await host.HearAsync<VmObserved>(o => o.Vm.Id == vm)).Vm.Epoch);
        await host.SendAsync(new ReportHostNow { HostId = host.First.Id });
        await host.HearAsync<HostReported>(r => r.Vms.Any(v => v.Id == vm && v.Epoch == 9));
    }

    [Fact]
    public async Task Command_that_took_effect_is_completed_even_if_the_vm_cannot_be_looked_at_afterwards()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var command = Start(host, host.StoppedVm(host.First));
        host.First.Inject(new SimulatedFault { Operation = SimulatedOperation.Start, AfterEffect = true, Delay = TimeSpan.FromSeconds(1) });
        await host.SendAsync(command);
        await Eventually.Until(() => host.Fleet.WhereIs(command.VmId)[0].State == VmState.Running, "it is started");
        host.First.Inject(new SimulatedFault
        {
            Operation = SimulatedOperation.Get,
            Times = null,
            Error = new ErrorInfo { Kind = ErrorKind.Transient, Code = "connection-lost", Message = "The connection was lost." },
        });
        Assert.Equal(VmState.Unknown, (await host.HearAsync<VmCommandCompleted>(c => c.OperationId == command.OperationId)).State);
        Assert.Empty(host.Heard<VmCommandFailed>());
    }

    [Fact]
    public async Task Command_that_reached_the_wrong_host_is_refused()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var command = Start(host, host.StoppedVm(host.First));
        await host.SendAsync(command, to: host.Second.Id);
        Assert.Equal("wrong-host", (await host.HearAsync<VmCommandFailed>(c => c.OperationId == command.OperationId)).Error.Code);
        Assert.Equal((host.First.Id, VmState.Off), Assert.Single(host.Fleet.WhereIs(command.VmId)));
    }

    [Fact]
    public async Task Facet_the_driver_lacks_is_refused_before_any_work()
    {
        await using var host = await AgentHost.StartAsync("inmemory", options: new SimulatedHostOptions { Facets = ["power"] });
        var operation = OperationId.New();
        await host.SendAsync(new CheckMigrationSource { OperationId = operation, HostId = host.First.Id, VmId = host.RunningVm(host.First), Epoch = 1 });
        Assert.Equal(ErrorKind.Unsupported, (await host.HearAsync<MigrationStepFailed>()).Error.Kind);
        await host.SendAsync(Transfer(host, host.RunningVm(host.First), operation));
        var ended = await host.HearAsync<VmTransferEnded>();
        Assert.Equal((VmTransferOutcome.Failed, ErrorKind.Unsupported), (ended.Outcome, ended.Error!.Kind));
        Assert.Empty(host.Heard<HostJobAccepted>());
    }

    [Fact]
    public async Task Burst_of_changes_of_one_vm_is_one_message_with_the_last_state()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        await host.HearAsync<HostReported>(r => r.HostId == host.First.Id);
        var vm = host.RunningVm(host.First);
        await using var driver = new SimulatedDriver(host.Fleet, host.First.Id);
        for (var i = 0; i < 20; i++)
        {
            await driver.Power!.PauseAsync(vm, default);
            await driver.Power.ResumeAsync(vm, default);
        }

        await driver.Power!.PauseAsync(vm, default);
        await host.HearAsync<VmObserved>(o => o.Vm.Id == vm && o.Vm.State == VmState.Paused);
        Assert.InRange(host.Heard<VmObserved>(o => o.Vm.Id == vm).Count, 1, 3);
    }

    [Fact]
    public async Task Vm_that_is_gone_is_said_to_be_gone()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        await host.HearAsync<HostReported>(r => r.HostId == host.First.Id);
        host.First.RemoveVm(host.StoppedVm(host.First));
        var gone = await host.HearAsync<VmGone>();
        Assert.Equal(host.StoppedVm(host.First), gone.VmId);
        Assert.True(gone.Generation > host.Heard<HostReported>(r => r.HostId == host.First.Id)[0].Generation);
    }

    [Fact]
    public async Task Report_comes_when_it_is_asked_for()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        await host.HearAsync<HostReported>(r => r.HostId == host.Second.Id);
        await host.SendAsync(new ReportHostNow { HostId = host.Second.Id });
        await Eventually.Until(() => host.Heard<HostReported>(r => r.HostId == host.Second.Id).Count == 2, "a second report");
    }

    [Fact]
    public async Task Hypervisor_that_goes_away_is_reported_as_failed_never_as_empty_and_returns()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        await host.HearAsync<HostReported>(r => r.HostId == host.First.Id);
        host.First.PowerLoss();
        var silent = await host.HearAsync<HostHeartbeat>(b => b.HostId == host.First.Id && !b.HypervisorReachable);
        Assert.Equal("host-unreachable", silent.Error!.Code);
        var failed = await host.HearAsync<HostReported>(r => r.HostId == host.First.Id && r.Outcome == HostReportOutcome.Failed);
        Assert.NotNull(failed.Error);
        host.First.PowerOn();
        await host.HearAsync<HostReported>(r => r.HostId == host.First.Id && r.Generation > failed.Generation && r.Outcome == HostReportOutcome.Complete);
        await Eventually.Until(() => host.Heard<HostRegistered>(r => r.HostId == host.First.Id).Count >= 2, "it is registered again");
        Assert.All(host.Heard<HostReported>(r => r.HostId == host.First.Id && r.Outcome == HostReportOutcome.Complete), r => Assert.Equal(5, r.Vms.Count));
    }

    [Fact]
    public async Task Whole_migration_step_by_step()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var (vm, operation) = (host.RunningVm(host.First), OperationId.New());
        var (source, destination) = (host.First.Id, host.Second.Id);
        await host.SendAsync(new CheckMigrationSource { OperationId = operation, HostId = source, VmId = vm, Epoch = 1 });
        var facts = (await host.HearAsync<MigrationSourceChecked>()).Source!;
        await host.SendAsync(new CheckMigrationDestination { OperationId = operation, HostId = destination, VmId = vm, Epoch = 1, Source = facts });
        Assert.All((await host.HearAsync<MigrationDestinationChecked>()).Findings, f => Assert.True(f.Passed, f.Detail));
        await host.SendAsync(new PrepareMigrationDestination { OperationId = operation, HostId = destination, VmId = vm, Epoch = 1, Source = facts });
        var uri = (await host.HearAsync<MigrationDestinationPrepared>()).MigrationUri;
        await host.SendAsync(Transfer(host, vm, operation) with { MigrationUri = uri });
        var ended = await host.HearAsync<VmTransferEnded>();
        Assert.Equal(VmTransferOutcome.Completed, ended.Outcome);
        Assert.True(ended.DowntimeMs > 0);
        await host.SendAsync(new FinishMigrationOnDestination { OperationId = operation, HostId = destination, VmId = vm, Epoch = 1 });
        Assert.Equal(VmState.Running, (await host.HearAsync<MigrationFinishedOnDestination>()).State);
        await host.SendAsync(new ConfirmMigrationOnSource { OperationId = operation, HostId = source, VmId = vm, Epoch = 1 });
        await host.HearAsync<MigrationConfirmedOnSource>();
        Assert.Equal((destination, VmState.Running), Assert.Single(host.Fleet.WhereIs(vm)));
        Assert.Empty(host.Second.PreparedVms);
        await host.HearAsync<VmGone>(g => g.HostId == source && g.VmId == vm);
    }

    [Fact]
    public async Task Transfer_holds_up_neither_other_vms_nor_its_own_inspection_and_abort()
    {
        await using var host = await AgentHost.StartAsync("inmemory", settings: new() { ["Hv:Agents:0:Workers"] = "1" });
        var vm = await EndlessTransferAsync(host, out var operation);
        var start = Start(host, host.StoppedVm(host.First));
        await host.SendAsync(start);
        await host.HearAsync<VmCommandCompleted>(c => c.OperationId == start.OperationId);
        await host.SendAsync(new InspectMigratingVm { OperationId = operation, Step = "inspect-1", HostId = host.First.Id, VmId = vm, Epoch = 1 });
        Assert.True((await host.HearAsync<MigratingVmInspected>(i => i.Step == "inspect-1")).TransferRunning);

        // Asked again with the same step it looks again, since what was true then is of no use.
        await host.SendAsync(new AbortVmTransfer { OperationId = operation, HostId = host.First.Id, VmId = vm, Epoch = 1 });
        Assert.Equal(VmTransferOutcome.Aborted, (await host.HearAsync<VmTransferEnded>()).Outcome);
        await host.SendAsync(new InspectMigratingVm { OperationId = operation, Step = "inspect-1", HostId = host.First.Id, VmId = vm, Epoch = 1 });
        await host.HearAsync<MigratingVmInspected>(i => i.Step == "inspect-1" && !i.TransferRunning);
        var progress = host.Heard<MigrationProgressed>(p => p.OperationId == operation);
        Assert.NotEmpty(progress);
        Assert.All(progress.Zip(progress.Skip(1)), p => Assert.True(p.First.Progress.Percent <= p.Second.Progress.Percent));
    }

    [Fact]
    public async Task Transfer_that_takes_longer_than_the_policy_allows_is_stopped_and_says_why()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        await EndlessTransferAsync(host, out _, timeoutSeconds: 1);
        var ended = await host.HearAsync<VmTransferEnded>();
        Assert.Equal(VmTransferOutcome.Aborted, ended.Outcome);
        Assert.Equal((ErrorKind.Timeout, "transfer-timeout"), (ended.Error!.Kind, ended.Error.Code));
        Assert.NotNull(ended.Error.Cause);
    }

    [Fact]
    public async Task Abort_without_a_transfer_says_so_and_the_transfer_that_comes_later_does_not_begin()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var abort = new AbortVmTransfer { OperationId = OperationId.New(), HostId = host.First.Id, VmId = host.RunningVm(host.First), Epoch = 1 };
        await host.SendAsync(abort);
        Assert.Equal("no-transfer", (await host.HearAsync<MigrationStepFailed>(f => f.OperationId == abort.OperationId)).Error.Code);
        await host.SendAsync(Transfer(host, abort.VmId, abort.OperationId));
        var ended = await host.HearAsync<VmTransferEnded>(e => e.OperationId == abort.OperationId);
        Assert.Equal((VmTransferOutcome.Aborted, "operation-closed"), (ended.Outcome, ended.Error!.Code));
    }

    [Fact]
    public async Task Transfer_whose_connection_broke_is_attached_to_again()
    {
        await using var host = await AgentHost.StartAsync("inmemory");
        var vm = await EndlessTransferAsync(host, out _);
        host.First.LoseConnections();
        host.First.SetTransferSpeed(vm, null);
        var ended = await host.HearAsync<VmTransferEnded>();
        Assert.Equal(VmTransferOutcome.Completed, ended.Outcome);
        Assert.NotNull(ended.DowntimeMs);
    }

    [Fact]
    public async Task Call_that_never_returns_ends_as_a_timeout()
    {
        await using var host = await AgentHost.StartAsync("inmemory", settings: new() { ["Hv:Agents:0:JobTimeoutSeconds"] = "0.3" });
        host.First.Inject(new SimulatedFault { Operation = SimulatedOperation.Start, Hang = true });
        var command = Start(host, host.StoppedVm(host.First));
        await host.SendAsync(command);
        var failed = await host.HearAsync<VmCommandFailed>(f => f.OperationId == command.OperationId);
        Assert.Equal((ErrorKind.Timeout, "job-timeout"), (failed.Error.Kind, failed.Error.Code));
    }

    internal static StartVmOnHost Start(AgentHost host, VmId vm, long epoch = 1) =>
        new() { OperationId = OperationId.New(), HostId = host.First.Id, VmId = vm, Epoch = epoch };

    internal static TransferVm Transfer(AgentHost host, VmId vm, OperationId operation, MigrationPolicy? policy = null) => new()
    {
        OperationId = operation,
        HostId = host.First.Id,
        VmId = vm,
        Epoch = 1,
        DestinationHostId = host.Second.Id,
        MigrationUri = $"simulated://{host.Second.Id}",
        Policy = policy ?? new MigrationPolicy(),
    };

    /// <summary>A transfer that does not converge until its cap is lifted; returns when bytes move.</summary>
    internal static Task<VmId> EndlessTransferAsync(AgentHost host, out OperationId operation, int timeoutSeconds = 3600)
    {
        var (vm, id) = (host.RunningVm(host.First), OperationId.New());
        operation = id;
        host.First.SetGuest(vm, new SimulatedGuest { DirtyMiBps = 64, WorkingSetMiB = 128 });
        return RunAsync();

        async Task<VmId> RunAsync()
        {
            await host.SendAsync(Transfer(host, vm, id, new MigrationPolicy { BandwidthMiBps = 16, TimeoutSeconds = timeoutSeconds }));
            await host.HearAsync<MigrationProgressed>(p => p.OperationId == id && p.Progress.TransferredBytes > 0);
            return vm;
        }
    }
}
