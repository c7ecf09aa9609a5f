using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Forecasting;
using HvPlatform.Hypervisors.Simulated;
using Xunit;

namespace HvPlatform.UnitTests.Simulated;

/// <summary>Transfers on a virtual clock: an hour of them takes milliseconds, and their figures do not depend on the machine.</summary>
public sealed class SimulatedTransferTests : IAsyncDisposable
{
    readonly VirtualClock _clock = new();
    readonly SimulatedFleet _fleet;
    readonly SimulatedHost _source;
    readonly SimulatedHost _destination;
    readonly SimulatedDriver _onSource;
    readonly SimulatedDriver _onDestination;
    readonly VmId _vm = VmId.From(Guid.Parse("0d1f7c1e-6f7b-4f0e-8a53-6f6a5f1f0001"));

    public SimulatedTransferTests()
    {
        _fleet = new SimulatedFleet(7, _clock);
        var options = new SimulatedHostOptions { MemoryMiB = 8192, BandwidthMiBps = 100 };
        _source = _fleet.AddHost(options);
        _destination = _fleet.AddHost(options);
        _onSource = new SimulatedDriver(_fleet, _source.Id);
        _onDestination = new SimulatedDriver(_fleet, _destination.Id);
        _source.AddVm(SimulatedFleet.NewVm(_vm, "moved", 2, 1024, VmState.Running), new SimulatedGuest { DirtyMiBps = 50, WorkingSetMiB = 1024 });
    }

    public async ValueTask DisposeAsync()
    {
        await _onSource.DisposeAsync();
        await _onDestination.DisposeAsync();
    }

    [Fact]
    public async Task Result_is_what_the_model_predicts()
    {
        var result = await _clock.RunUntilAsync(Transfer());
        var expected = PreCopyModel.Predict(
            new SimulatedGuest { DirtyMiBps = 50, WorkingSetMiB = 1024 }.ToModel(1024, running: true),
            new PreCopyLimits(100 * 1024 * 1024, 300, false))!.Value;
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.Equal(expected.Round, result.Rounds);
        Assert.Equal(expected.DowntimeMs, result.DowntimeMs!.Value, 2.0);
        Assert.Equal(expected.ElapsedMs, result.ElapsedMs!.Value, 2.0);
        Assert.Equal([(_destination.Id, VmState.Running)], _fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Vm_is_on_both_hosts_while_it_moves_and_runs_on_one()
    {
        var transfer = Transfer();
        await PassAsync(2000);
        Assert.Equal([(_source.Id, VmState.Running), (_destination.Id, VmState.Paused)], _fleet.WhereIs(_vm));
        await Assert.ThrowsAsync<HypervisorException>(() => _onDestination.Power!.ResumeAsync(_vm, default));
        await Assert.ThrowsAsync<HypervisorException>(() => _onDestination.Migration!.FinishDestinationAsync(_vm, null, default));
        Assert.True((await _onDestination.Migration!.InspectAsync(_vm, default)).TransferRunning);
        await _clock.RunUntilAsync(transfer);
        Assert.Single(_fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Guest_that_does_not_converge_runs_for_ever_and_ends_with_more_speed()
    {
        _source.SetGuest(_vm, new SimulatedGuest { DirtyMiBps = 60, WorkingSetMiB = 1024 });
        var progress = new List<MigrationProgress>();
        var transfer = Transfer(new MigrationPolicy { BandwidthMiBps = 40 }, progress);
        await Assert.ThrowsAsync<TimeoutException>(() => _clock.RunUntilAsync(transfer, TimeSpan.FromMinutes(30)));
        Assert.Equal(VmState.Running, (await _onSource.GetAsync(_vm, default))!.State);
        _source.SetTransferSpeed(_vm, null);
        Assert.Equal(VmTransferOutcome.Completed, (await _clock.RunUntilAsync(transfer)).Outcome);
        Assert.All(progress.Zip(progress.Skip(1)), p => Assert.True(p.First.Percent <= p.Second.Percent && p.First.TransferredBytes <= p.Second.TransferredBytes));
    }

    [Fact]
    public async Task Two_transfers_share_the_link()
    {
        var second = VmId.From(Guid.NewGuid());
        var idle = new SimulatedGuest { DirtyMiBps = 0 };
        _source.SetGuest(_vm, idle);
        _source.AddVm(SimulatedFleet.NewVm(second, "second", 1, 1024, VmState.Running), idle);
        var transfers = Task.WhenAll(Transfer(), Transfer(vm: second));
        foreach (var result in await _clock.RunUntilAsync(transfers))
        {
            // 1024 MiB at half of 100 MiB/s.
            Assert.Equal(20_480 + PreCopyModel.SwitchOverMs, result.ElapsedMs!.Value, 200.0);
        }
    }

    [Theory]
    [InlineData(SimulatedTransferFaultKind.JobFails, VmTransferOutcome.Failed, VmState.Running)]
    [InlineData(SimulatedTransferFaultKind.DestinationPowerLoss, VmTransferOutcome.Failed, VmState.Running)]
    [InlineData(SimulatedTransferFaultKind.SourcePowerLoss, VmTransferOutcome.Indeterminate, VmState.Off)]
    public async Task Transfer_that_breaks_leaves_the_vm_on_the_source_only(SimulatedTransferFaultKind kind, VmTransferOutcome outcome, VmState left)
    {
        _source.Inject(new SimulatedTransferFault(kind, AtPercent: 30));
        var result = await _clock.RunUntilAsync(Transfer());
        Assert.Equal(outcome, result.Outcome);
        Assert.NotNull(result.Error);
        Assert.Equal([(_source.Id, left)], _fleet.WhereIs(_vm));
    }

    [Theory]
    [InlineData(SimulatedTransferFaultKind.SourcePowerLoss)]
    [InlineData(SimulatedTransferFaultKind.DestinationPowerLoss)]
    public async Task Fault_taken_back_under_the_transfer_does_not_happen(SimulatedTransferFaultKind kind)
    {
        _source.Inject(new SimulatedTransferFault(kind, AtPercent: 60));
        var transfer = Transfer();
        await Assert.ThrowsAsync<TimeoutException>(() => _clock.RunUntilAsync(transfer, TimeSpan.FromSeconds(2)));
        _source.ClearFaults();
        Assert.Equal(VmTransferOutcome.Completed, (await _clock.RunUntilAsync(transfer)).Outcome);
        Assert.True(_source.PoweredOn && _destination.PoweredOn);
    }

    [Theory]
    [InlineData(SimulatedTransferFaultKind.AnswerLost, VmState.Paused)]
    [InlineData(SimulatedTransferFaultKind.SourcePowerLossAfterSwitchOver, VmState.Off)]
    public async Task Lost_answer_after_the_switch_over_leaves_a_shell_that_confirm_removes(SimulatedTransferFaultKind kind, VmState shell)
    {
        _source.Inject(new SimulatedTransferFault(kind));
        Assert.Equal(VmTransferOutcome.Indeterminate, (await _clock.RunUntilAsync(Transfer())).Outcome);
        _source.PowerOn();
        Assert.Equal([(_source.Id, shell), (_destination.Id, VmState.Running)], _fleet.WhereIs(_vm));
        await _onSource.Migration!.ConfirmSourceAsync(_vm, default);
        Assert.Equal([(_destination.Id, VmState.Running)], _fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Cut_link_moves_nothing_until_the_abort()
    {
        _source.Inject(new SimulatedTransferFault(SimulatedTransferFaultKind.LinkCut, AtPercent: 40));
        using var abort = new CancellationTokenSource();
        var transfer = Transfer(abort: abort.Token);
        await Assert.ThrowsAsync<TimeoutException>(() => _clock.RunUntilAsync(transfer, TimeSpan.FromMinutes(20)));
        await abort.CancelAsync();
        Assert.Equal(VmTransferOutcome.Aborted, (await _clock.RunUntilAsync(transfer)).Outcome);
        Assert.Equal([(_source.Id, VmState.Running)], _fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Transfer_outlives_the_connection_that_began_it()
    {
        var first = Transfer();
        await PassAsync(1000);
        await _onSource.DisposeAsync();
        Assert.Equal(VmTransferOutcome.Indeterminate, (await first).Outcome);
        await using var again = new SimulatedDriver(_fleet, _source.Id);
        Assert.True((await again.Migration!.InspectAsync(_vm, default)).TransferRunning);
        var attached = again.Migration!.TransferAsync(new TransferRequest(_vm, "simulated://", new MigrationPolicy()), new Progress<MigrationProgress>(), default);
        Assert.Equal(VmTransferOutcome.Completed, (await _clock.RunUntilAsync(attached)).Outcome);
    }

    [Fact]
    public async Task Vm_turned_off_under_the_transfer_is_off_on_the_source_only()
    {
        var transfer = Transfer();
        await PassAsync(1000);
        await _onSource.ForceOffAsync(_vm, default);
        Assert.Equal(VmTransferOutcome.Failed, (await _clock.RunUntilAsync(transfer)).Outcome);
        Assert.Equal([(_source.Id, VmState.Off)], _fleet.WhereIs(_vm));
    }

    Task<TransferResult> Transfer(MigrationPolicy? policy = null, List<MigrationProgress>? seen = null, VmId? vm = null, CancellationToken abort = default) =>
        _onSource.Migration!.TransferAsync(new TransferRequest(vm ?? _vm, $"simulated://{_destination.Id}", policy ?? new MigrationPolicy()), new Log(seen ?? []), abort);

    Task PassAsync(int ms) => _clock.PassAsync(TimeSpan.FromMilliseconds(ms));

    sealed class Log(List<MigrationProgress> seen) : IProgress<MigrationProgress>
    {
        public void Report(MigrationProgress value) => seen.Add(value);
    }
}
