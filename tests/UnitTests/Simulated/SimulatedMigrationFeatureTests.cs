using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Forecasting;
using HvPlatform.Hypervisors.Simulated;
using Xunit;

namespace HvPlatform.UnitTests.Simulated;

/// <summary>Cold migration, copied disks, the ladder, post-copy, cut links and the source's restoring, on a virtual clock.</summary>
public sealed class SimulatedMigrationFeatureTests : IAsyncDisposable
{
    const string LocalDisk = "/local/moved.qcow2";

    readonly VirtualClock _clock = new();
    readonly SimulatedFleet _fleet;
    readonly SimulatedHost _source;
    readonly SimulatedHost _destination;
    readonly SimulatedDriver _onSource;
    readonly SimulatedDriver _onDestination;
    readonly VmId _vm = VmId.From(Guid.Parse("0d1f7c1e-6f7b-4f0e-8a53-6f6a5f1f0003"));
    readonly List<MigrationProgress> _progress = [];

    public SimulatedMigrationFeatureTests()
    {
        _fleet = new SimulatedFleet(7, _clock);
        var options = new SimulatedHostOptions { MemoryMiB = 8192, BandwidthMiBps = 100 };
        _source = _fleet.AddHost(options);
        _destination = _fleet.AddHost(options);
        _onSource = new SimulatedDriver(_fleet, _source.Id);
        _onDestination = new SimulatedDriver(_fleet, _destination.Id);
        _fleet.Changed += _ => AssertOneWriterPerDisk(_fleet);
    }

    public async ValueTask DisposeAsync()
    {
        await _onSource.DisposeAsync();
        await _onDestination.DisposeAsync();
    }

    [Theory]
    [InlineData(MigrationMode.Auto)]
    [InlineData(MigrationMode.Cold)]
    public async Task Stopped_vm_moves_cold_with_its_epoch(MigrationMode mode)
    {
        AddVm(state: VmState.Off);
        await _onSource.Epochs!.SetEpochAsync(_vm, 7, default);
        var result = await MigrateAsync(new MigrationPolicy { Mode = mode });
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.Null(result.DowntimeMs);
        Assert.Equal([(_destination.Id, VmState.Off)], _fleet.WhereIs(_vm));
        Assert.Equal(7, (await _onDestination.GetAsync(_vm, default))!.Epoch);
        Assert.Empty(_destination.PreparedVms);
    }

    [Fact]
    public async Task Modes_refuse_what_they_are_not_for()
    {
        AddVm(state: VmState.Off);
        Assert.Contains((await CheckAsync(new MigrationPolicy { Mode = MigrationMode.Live })).Findings, f => f is { Check: "vm-running", Passed: false });
        await _onSource.StartAsync(_vm, default);
        Assert.Contains((await CheckAsync(new MigrationPolicy { Mode = MigrationMode.Cold })).Findings, f => f is { Check: "vm-off", Passed: false });

        // It was checked while it ran, and stopped since: not moved behind anyone's back.
        var (_, facts) = await CheckAsync(new());
        await _onSource.ForceOffAsync(_vm, default);
        var result = await _clock.RunUntilAsync(TransferAsync(new(), facts));
        Assert.Equal(VmTransferOutcome.Failed, result.Outcome);
        Assert.Equal(ErrorKind.InvalidState, result.Error!.Kind);
    }

    [Theory]
    [InlineData(SimulatedTransferFaultKind.AnswerLost)]
    [InlineData(SimulatedTransferFaultKind.DestinationPowerLoss)]
    [InlineData(SimulatedTransferFaultKind.JobFails)]
    public async Task Cold_move_that_breaks_leaves_a_definition(SimulatedTransferFaultKind kind)
    {
        AddVm(state: VmState.Off);
        _source.Inject(new SimulatedTransferFault(kind));
        var (_, facts) = await CheckAsync(new());
        await _onDestination.Migration!.PrepareDestinationAsync(facts!, new(), default);
        var result = await _clock.RunUntilAsync(TransferAsync(new(), facts));
        Assert.NotEqual(VmTransferOutcome.Completed, result.Outcome);
        Assert.Contains((_source.Id, VmState.Off), _fleet.WhereIs(_vm));
        if (kind == SimulatedTransferFaultKind.AnswerLost)
        {
            await _onDestination.Migration.FinishDestinationAsync(_vm, facts, default);
            await _onSource.Migration!.ConfirmSourceAsync(_vm, default);
        }

        Assert.Single(_fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Local_disks_are_copied_before_memory_and_their_marks_go_when_the_vm_has_arrived()
    {
        AddVm(local: true);
        Assert.Contains((await CheckAsync(new())).Findings, f => f is { Check: "disks-reachable", Passed: false });
        var policy = new MigrationPolicy { Storage = MigrationStorage.CopyFull };
        var (_, facts) = await CheckAsync(policy);
        Assert.Equal(["vdb"], facts!.CopyDisks);
        await _onDestination.Migration!.PrepareDestinationAsync(facts, policy, default);
        Assert.Equal([(LocalDisk, _vm)], _destination.MarkedDisks);
        var transfer = TransferAsync(policy, facts);
        await _clock.PassAsync(TimeSpan.FromSeconds(3));

        // While it is filled, the source writes the destination's file, and nobody else does.
        Assert.Contains(new SimulatedDiskUse(LocalDisk, _destination.Id, _source.Id, _vm), _fleet.OpenDisks);
        var result = await _clock.RunUntilAsync(transfer);
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);

        // 500 MiB of disk and 1024 MiB of memory at 100 MiB/s.
        Assert.InRange(result.ElapsedMs!.Value, 15_240, 16_000);
        Assert.All(_progress.Where(p => p.DiskTransferredBytes < p.DiskTotalBytes), p => Assert.Equal(p.DiskTransferredBytes, p.TransferredBytes));
        Assert.Contains(_progress, p => p.DiskTransferredBytes == 500L << 20);
        AssertMonotone();
        Assert.Equal([(LocalDisk, _vm)], _destination.MarkedDisks);
        await _onDestination.Migration.FinishDestinationAsync(_vm, facts, default);
        Assert.Empty(_destination.MarkedDisks);
        Assert.Equal(new SimulatedDiskUse(LocalDisk, _destination.Id, _destination.Id, _vm), _fleet.OpenDisks.Single(d => d.Path == LocalDisk));
    }

    [Fact]
    public async Task Copied_disks_of_a_vm_that_stayed_are_removed_and_no_others()
    {
        AddVm(local: true);
        var policy = new MigrationPolicy { Storage = MigrationStorage.CopyIncremental };
        var (_, facts) = await CheckAsync(policy);
        await _onDestination.Migration!.PrepareDestinationAsync(facts!, policy, default);
        _source.Inject(new SimulatedTransferFault(SimulatedTransferFaultKind.JobFails, AtPercent: 10));
        Assert.Equal(VmTransferOutcome.Failed, (await _clock.RunUntilAsync(TransferAsync(policy, facts))).Outcome);
        await _onDestination.Migration.CleanUpDestinationAsync(_vm, facts, default);
        Assert.Empty(_destination.MarkedDisks);

        // A file that is there already is nobody's to write over, and cleaning up leaves it.
        _destination.AddVm(WithLocalDisk(SimulatedFleet.NewVm(VmId.From(Guid.NewGuid()), "other", 1, 128, VmState.Off)));
        Assert.Contains(await _onDestination.Migration.CheckDestinationAsync(facts!, policy, default), f => f is { Check: "disk-exists", Passed: false });
        await Assert.ThrowsAsync<HypervisorException>(() => _onDestination.Migration.PrepareDestinationAsync(facts!, policy, default));
        await _onDestination.Migration.CleanUpDestinationAsync(_vm, facts, default);
        Assert.Contains(await _onDestination.Migration.CheckDestinationAsync(facts!, policy, default), f => f is { Check: "disk-exists", Passed: false });
    }

    [Fact]
    public async Task Disk_whose_arrival_nobody_noted_is_nobodys_to_remove_once_its_vm_has_left()
    {
        AddVm(local: true);
        var policy = new MigrationPolicy { Storage = MigrationStorage.CopyFull };
        Assert.Equal(VmTransferOutcome.Completed, (await MigrateAsync(policy)).Outcome);
        Assert.Equal([(LocalDisk, _vm)], _destination.MarkedDisks);
        var third = _fleet.AddHost();
        await using var onThird = new SimulatedDriver(_fleet, third.Id);
        var (_, facts) = await _onDestination.Migration!.CheckSourceAsync(_vm, policy, default);
        await onThird.Migration!.PrepareDestinationAsync(facts!, policy, default);
        var transfer = _onDestination.Migration.TransferAsync(new TransferRequest(_vm, $"simulated://{third.Id}", policy, facts), new Log(_fleet, []), default);
        Assert.Equal(VmTransferOutcome.Completed, (await _clock.RunUntilAsync(transfer)).Outcome);
        Assert.Empty(_destination.MarkedDisks);
    }

    [Fact]
    public async Task Disk_that_was_not_made_ready_is_not_copied()
    {
        AddVm(local: true);
        var policy = new MigrationPolicy { Storage = MigrationStorage.CopyFull };
        var (_, facts) = await CheckAsync(policy);
        Assert.Equal("disk-not-made", (await _clock.RunUntilAsync(TransferAsync(policy, facts))).Error!.Code);
    }

    [Fact]
    public async Task Longer_pause_of_a_rung_ends_a_transfer_that_did_not_converge()
    {
        AddVm(dirtyMiBps: 300, workingSetMiB: 200);
        var result = await MigrateAsync(Ladder(new ConvergenceStep { AfterSeconds = 30, Action = ConvergenceAction.RaiseDowntime, MaxDowntimeMs = 5000 }));
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.InRange(result.ElapsedMs!.Value, 30_000, 36_000);
        Assert.InRange(result.DowntimeMs!.Value, 1500, 5000);
    }

    [Fact]
    public async Task Suspended_guest_moves_and_runs_on()
    {
        AddVm(dirtyMiBps: 300);
        var transfer = MigrateAsync(Ladder(new ConvergenceStep { AfterSeconds = 30, Action = ConvergenceAction.Suspend }), run: false);
        await _clock.PassAsync(TimeSpan.FromSeconds(31));
        var presence = await _onSource.Migration!.InspectAsync(_vm, default);
        Assert.Equal((VmState.Paused, true, true), (presence.State, presence.PausedByMigration, presence.TransferRunning));
        var result = await _clock.RunUntilAsync(transfer);
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.InRange(result.DowntimeMs!.Value, 1000, 4000);
        Assert.Equal([(_destination.Id, VmState.Running)], _fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Suspended_guest_of_a_failed_transfer_runs_on_where_it_was()
    {
        AddVm(dirtyMiBps: 300);
        using var abort = new CancellationTokenSource();
        var transfer = MigrateAsync(Ladder(new ConvergenceStep { AfterSeconds = 30, Action = ConvergenceAction.Suspend }), run: false, abort.Token);
        await _clock.PassAsync(TimeSpan.FromSeconds(30.5));
        await abort.CancelAsync();
        Assert.Equal(VmTransferOutcome.Aborted, (await _clock.RunUntilAsync(transfer)).Outcome);
        Assert.Equal([(_source.Id, VmState.Running)], _fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Last_rung_gives_up()
    {
        AddVm(dirtyMiBps: 300);
        var result = await MigrateAsync(Ladder(new ConvergenceStep { AfterSeconds = 20, Action = ConvergenceAction.Abort }));
        Assert.Equal(VmTransferOutcome.Failed, result.Outcome);
        Assert.Equal("not-converging", result.Error!.Code);
        Assert.Equal([(_source.Id, VmState.Running)], _fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Post_copy_runs_the_guest_on_the_destination_at_once_and_there_is_no_way_back()
    {
        using var abort = new CancellationTokenSource();
        var transfer = await InPostCopyAsync(abort.Token);
        Assert.Equal([(_source.Id, VmState.Paused), (_destination.Id, VmState.Running)], _fleet.WhereIs(_vm));
        var (here, there) = (await _onSource.Migration!.InspectAsync(_vm, default), await _onDestination.Migration!.InspectAsync(_vm, default));
        Assert.Equal((true, true, true), (here.PostCopy, here.TransferRunning, here.PausedByMigration));
        Assert.Equal((true, true, false, false), (there.PostCopy, there.TransferRunning, there.Incoming, there.PausedByMigration));
        await Assert.ThrowsAsync<HypervisorException>(() => _onDestination.Migration.FinishDestinationAsync(_vm, null, default));
        await Assert.ThrowsAsync<HypervisorException>(() => _onSource.Migration.ConfirmSourceAsync(_vm, default));
        await Assert.ThrowsAsync<HypervisorException>(() => _onDestination.Migration.CleanUpDestinationAsync(_vm, null, default));
        await abort.CancelAsync();
        var result = await _clock.RunUntilAsync(transfer);
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.InRange(result.DowntimeMs!.Value, 0, 100);
        Assert.Equal((true, 1), (_progress[^1].PostCopy, _progress[^1].LadderRungs));
        AssertMonotone();
        Assert.Equal([(_destination.Id, VmState.Running)], _fleet.WhereIs(_vm));
        Assert.False((await _onDestination.Migration.InspectAsync(_vm, default)).PostCopy);
        Assert.Equal(VmState.Running, await _onDestination.Migration.FinishDestinationAsync(_vm, null, default));
    }

    [Fact]
    public async Task Cut_link_stops_a_post_copy_on_both_sides_until_it_is_asked_for_again()
    {
        var transfer = await InPostCopyAsync();
        _fleet.CutLink(_destination.Id, _source.Id);
        var broken = await _clock.RunUntilAsync(transfer);
        Assert.Equal((VmTransferOutcome.Indeterminate, "post-copy-failed"), (broken.Outcome, broken.Error!.Code));
        Assert.Equal([(_source.Id, VmState.Paused), (_destination.Id, VmState.Paused)], _fleet.WhereIs(_vm));
        var (here, there) = (await _onSource.Migration!.InspectAsync(_vm, default), await _onDestination.Migration!.InspectAsync(_vm, default));
        Assert.Equal((true, false, true), (here.PostCopy, here.TransferRunning, here.PausedByMigration));
        Assert.Equal((true, false, true), (there.PostCopy, there.TransferRunning, there.PausedByMigration));
        await Assert.ThrowsAsync<HypervisorException>(() => _onSource.Migration.RestoreSourceAsync(_vm, true, default));
        await Assert.ThrowsAsync<HypervisorException>(() => _onSource.Power!.ResumeAsync(_vm, default));
        await Assert.ThrowsAsync<HypervisorException>(() => _onDestination.Power!.ResumeAsync(_vm, default));

        Assert.NotEqual(VmTransferOutcome.Completed, (await _clock.RunUntilAsync(TransferAsync(new(), null))).Outcome);
        _fleet.RestoreLink(_source.Id, _destination.Id);
        var again = TransferAsync(new(), null);
        await _clock.PassAsync(TimeSpan.FromMilliseconds(200));
        Assert.Equal([(_source.Id, VmState.Paused), (_destination.Id, VmState.Running)], _fleet.WhereIs(_vm));
        Assert.Equal(VmTransferOutcome.Completed, (await _clock.RunUntilAsync(again)).Outcome);
        Assert.Equal([(_destination.Id, VmState.Running)], _fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Source_that_loses_power_in_post_copy_leaves_a_guest_that_is_not_whole()
    {
        var transfer = await InPostCopyAsync();
        _source.PowerLoss();
        Assert.Equal(VmTransferOutcome.Indeterminate, (await _clock.RunUntilAsync(transfer)).Outcome);
        _source.PowerOn();
        Assert.Equal([(_source.Id, VmState.Off), (_destination.Id, VmState.Paused)], _fleet.WhereIs(_vm));
        Assert.True((await _onDestination.Migration!.InspectAsync(_vm, default)).PostCopy);
        await _onDestination.ForceOffAsync(_vm, default);
        await _onSource.StartAsync(_vm, default);
        Assert.Equal([(_source.Id, VmState.Running)], _fleet.WhereIs(_vm));
    }

    [Fact]
    public async Task Post_copy_rung_is_left_out_where_a_host_does_not_offer_it()
    {
        var without = _fleet.AddHost(new SimulatedHostOptions { MemoryMiB = 8192, BandwidthMiBps = 100, Facets = ["power", "definition", "migration", "stats"] });
        AddVm(dirtyMiBps: 300);
        var policy = Ladder(new ConvergenceStep { AfterSeconds = 20, Action = ConvergenceAction.PostCopy }, new ConvergenceStep { AfterSeconds = 30, Action = ConvergenceAction.Abort });
        var transfer = _onSource.Migration!.TransferAsync(new TransferRequest(_vm, $"simulated://{without.Id}", policy), new Log(_fleet, _progress), default);
        Assert.Equal("not-converging", (await _clock.RunUntilAsync(transfer)).Error!.Code);
    }

    [Fact]
    public async Task Transfer_over_a_cut_link_stands_still_and_goes_on_when_it_is_back()
    {
        AddVm();
        var transfer = MigrateAsync(new(), run: false);
        await _clock.PassAsync(TimeSpan.FromSeconds(3));
        _fleet.CutLink(_source.Id, _destination.Id);
        await Assert.ThrowsAsync<TimeoutException>(() => _clock.RunUntilAsync(transfer, TimeSpan.FromMinutes(5)));
        Assert.Equal([(_source.Id, VmState.Running), (_destination.Id, VmState.Paused)], _fleet.WhereIs(_vm));
        _fleet.RestoreLink(_source.Id, _destination.Id);
        Assert.Equal(VmTransferOutcome.Completed, (await _clock.RunUntilAsync(transfer)).Outcome);
    }

    [Fact]
    public async Task Source_whose_daemon_dies_in_the_switch_over_keeps_the_guest_paused_until_it_is_restored()
    {
        AddVm();
        _source.Inject(new SimulatedTransferFault(SimulatedTransferFaultKind.SourceDaemonLossInSwitchOver));
        var result = await MigrateAsync(new());
        Assert.Equal(VmTransferOutcome.Indeterminate, result.Outcome);
        Assert.Equal([(_source.Id, VmState.Paused)], _fleet.WhereIs(_vm));
        var presence = await _onSource.Migration!.InspectAsync(_vm, default);
        Assert.Equal((true, false), (presence.PausedByMigration, presence.TransferRunning));
        Assert.Equal(VmState.Running, await _onSource.Migration.RestoreSourceAsync(_vm, wasRunning: true, default));
        Assert.Equal(VmState.Running, await _onSource.Migration.RestoreSourceAsync(_vm, wasRunning: true, default));
        Assert.False((await _onSource.Migration.InspectAsync(_vm, default)).PausedByMigration);
        Assert.Equal(VmTransferOutcome.Completed, (await MigrateAsync(new())).Outcome);
    }

    [Fact]
    public async Task Guest_that_someone_paused_is_not_resumed_by_restoring()
    {
        AddVm();
        await _onSource.Power!.PauseAsync(_vm, default);
        Assert.Equal(VmState.Paused, await _onSource.Migration!.RestoreSourceAsync(_vm, wasRunning: true, default));
    }

    [Fact]
    public async Task Dirty_rate_is_measured_only_when_a_forecast_is_asked_for_and_takes_its_time()
    {
        AddVm(dirtyMiBps: 40);
        Assert.Null((await CheckAsync(new())).Facts!.DirtyRateMiBps);
        var began = _clock.GetTimestamp();
        var check = _onSource.Migration!.CheckSourceAsync(_vm, new MigrationPolicy { Forecast = true }, default);
        Assert.Equal(40, (await _clock.RunUntilAsync(check)).Facts!.DirtyRateMiBps);
        Assert.InRange(_clock.GetElapsedTime(began).TotalMilliseconds, 1000, 1100);
    }

    [Fact]
    public async Task Remaining_time_told_while_disks_and_memory_move_holds_the_true_end()
    {
        AddVm(dirtyMiBps: 30, workingSetMiB: 512, local: true);
        var policy = new MigrationPolicy { Storage = MigrationStorage.CopyFull, Forecast = true };
        var (_, facts) = await _clock.RunUntilAsync(CheckAsync(policy));
        await _onDestination.Migration!.PrepareDestinationAsync(facts!, policy, default);
        var eta = new Eta(_clock, new EtaEstimator(policy, facts!.Vm.MemoryMiB, facts.DirtyRateMiBps));
        var transfer = _onSource.Migration!.TransferAsync(new TransferRequest(_vm, $"simulated://{_destination.Id}", policy, facts), eta, default);
        Assert.Equal(VmTransferOutcome.Completed, (await _clock.RunUntilAsync(transfer)).Outcome);
        var end = eta.Told[^1].AtMs;
        Assert.True(eta.Told.Count > 100);
        var held = eta.Told.Count(t => t.AtMs + t.Interval.P10Ms <= end && end <= t.AtMs + t.Interval.P90Ms);
        Assert.True(held >= 0.7 * eta.Told.Count, $"{held} of {eta.Told.Count}");
    }

    sealed class Eta(TimeProvider clock, EtaEstimator estimator) : IProgress<MigrationProgress>
    {
        readonly long _began = clock.GetTimestamp();

        public List<(long AtMs, EtaInterval Interval)> Told { get; } = [];

        public void Report(MigrationProgress value)
        {
            estimator.Take(value);
            if (estimator.Estimate() is { } interval)
            {
                Told.Add(((long)clock.GetElapsedTime(_began).TotalMilliseconds, interval));
            }
        }
    }

    async Task<Task<TransferResult>> InPostCopyAsync(CancellationToken abort = default)
    {
        AddVm(dirtyMiBps: 300);
        var transfer = MigrateAsync(Ladder(new ConvergenceStep { AfterSeconds = 20, Action = ConvergenceAction.PostCopy }), run: false, abort);
        await _clock.PassAsync(TimeSpan.FromSeconds(20.5));
        return transfer;
    }

    void AddVm(VmState state = VmState.Running, double dirtyMiBps = 0, long? workingSetMiB = null, bool local = false)
    {
        var vm = SimulatedFleet.NewVm(_vm, "moved", 2, 1024, state);
        _source.AddVm(local ? WithLocalDisk(vm) : vm, new SimulatedGuest { DirtyMiBps = dirtyMiBps, WorkingSetMiB = workingSetMiB });
    }

    static VmInfo WithLocalDisk(VmInfo vm) => vm with
    {
        Disks = [.. vm.Disks, new VmDisk { Target = "vdb", Source = LocalDisk, Format = "qcow2", CapacityBytes = 10L << 30, AllocatedBytes = 500L << 20 }],
    };

    static MigrationPolicy Ladder(params ConvergenceStep[] steps) => new() { Ladder = steps };

    Task<(IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts)> CheckAsync(MigrationPolicy policy) => _onSource.Migration!.CheckSourceAsync(_vm, policy, default);

    async Task<TransferResult> MigrateAsync(MigrationPolicy policy, bool run = true, CancellationToken abort = default)
    {
        var (_, facts) = await CheckAsync(policy);
        await _onDestination.Migration!.PrepareDestinationAsync(facts!, policy, default);
        var transfer = TransferAsync(policy, facts, abort);
        return run ? await _clock.RunUntilAsync(transfer) : await transfer;
    }

    Task<TransferResult> TransferAsync(MigrationPolicy policy, MigrationSourceFacts? facts, CancellationToken abort = default) =>
        _onSource.Migration!.TransferAsync(new TransferRequest(_vm, $"simulated://{_destination.Id}", policy, facts), new Log(_fleet, _progress), abort);

    void AssertMonotone() => Assert.All(_progress.Zip(_progress.Skip(1)), p => Assert.True(
        p.First.Percent <= p.Second.Percent && p.First.TransferredBytes <= p.Second.TransferredBytes && p.First.ElapsedMs <= p.Second.ElapsedMs && p.Second.Percent <= 100, $"{p.First} then {p.Second}"));

    static void AssertOneWriterPerDisk(SimulatedFleet fleet) => Assert.All(fleet.OpenDisks.GroupBy(d => (d.Path, d.On)), d => Assert.Single(d));

    sealed class Log(SimulatedFleet fleet, List<MigrationProgress> seen) : IProgress<MigrationProgress>
    {
        public void Report(MigrationProgress value)
        {
            AssertOneWriterPerDisk(fleet);
            seen.Add(value);
        }
    }
}
