using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.MigrationSaga.MigrateVm;
using Xunit;
using static HvPlatform.UnitTests.MigrationSaga.MigrationScript;

namespace HvPlatform.UnitTests.MigrationSaga;

/// <summary>Cold, copying, post-copy, queued and forecast migrations.</summary>
public sealed class MigrationFlowTests
{
    static readonly VmInfo Stopped = new() { Id = Vm, Name = "web-1", State = VmState.Off, Vcpus = 2, MemoryMiB = 512 };

    static MigrationScript Cold() => new MigrationScript(vm: Stopped).SourceChecked().DestinationChecked().Reserved().Prepared();

    static bool Sent<T>(MigrationScript s) => s.All.OfType<SendToHost>().Any(e => e.Command is T);

    [Fact]
    public void A_stopped_VM_moves_cold_and_completes()
    {
        var s = Cold().TransferEnded(VmTransferOutcome.Completed).Finished().Confirmed();

        Assert.Equal(MigrationPhase.Completed, s.Phase);
    }

    [Fact]
    public void Only_a_VM_with_memory_asks_for_room_on_the_destination()
    {
        long Asked(MigrationScript s) => Assert.Single(s.All.OfType<SendToOrchestrator>().Select(e => e.Request).OfType<ReserveMigrationCapacity>()).MemoryMiB;

        Assert.Equal(0, Asked(Cold()));
        Assert.Equal(512, Asked(new MigrationScript().SourceChecked().DestinationChecked()));
    }

    [Fact]
    public void A_cold_migration_that_failed_keeps_the_definition_on_the_source()
    {
        var s = Cold().TransferEnded(VmTransferOutcome.Failed).Rounds(3, x => x.BothAnswer(VmState.Off, null));
        Assert.Equal(MigrationPhase.RollingBack, s.Phase);
        Assert.False(s.CleanedUp().LastSent<RestoreMigrationSource>().Single().WasRunning);
        Assert.Equal(MigrationPhase.RolledBack, s.Restored(VmState.Off).Phase);
    }

    [Theory]
    [InlineData(false, true, MigrationPhase.Finishing)]
    [InlineData(true, false, MigrationPhase.RollingBack)]
    [InlineData(true, true, MigrationPhase.Finishing)]
    [InlineData(false, false, MigrationPhase.RollingBack)]
    public void A_cold_migration_in_doubt_goes_where_the_definition_is(bool onSource, bool onDestination, MigrationPhase then)
    {
        var s = Cold().TransferEnded(VmTransferOutcome.Indeterminate).Rounds(3, x => x.BothAnswer(onSource ? VmState.Off : null, onDestination ? VmState.Off : null));

        Assert.Equal(then, s.Phase);
        Assert.False(Sent<ConfirmMigrationOnSource>(s));
    }

    [Fact]
    public void Two_definitions_after_a_completed_cold_transfer_are_settled_by_confirming()
    {
        var s = Cold().TransferEnded(VmTransferOutcome.Completed).StepFails("finish-destination", ErrorKind.Timeout, DestinationHost).BothAnswer(VmState.Off, VmState.Off).FireTimer();

        Assert.Single(s.LastSent<FinishMigrationOnDestination>());
        Assert.Equal(MigrationPhase.Completed, s.Finished().Confirmed().Phase);
    }

    [Theory]
    [InlineData(MigrationMode.Cold, VmState.Running, "vm-not-stopped")]
    [InlineData(MigrationMode.Live, VmState.Off, "vm-not-running")]
    public void A_VM_in_the_wrong_state_for_the_mode_is_refused_before_anything_is_touched(MigrationMode mode, VmState state, string code)
    {
        var s = new MigrationScript(new MigrationPolicy { Mode = mode }, Stopped with { State = state }).SourceChecked();

        Assert.Equal(code, Assert.Single(s.Facts<MigrationRolledBack>()).Error!.Code);
        Assert.False(Sent<CheckMigrationDestination>(s));
    }

    [Fact]
    public void Copied_disks_are_named_to_every_step_and_their_originals_to_the_reader()
    {
        var vm = Stopped with { State = VmState.Running, Disks = [new VmDisk { Target = "vda", Source = "/disks/web-1.qcow2" }, new VmDisk { Target = "vdb", Source = "/shared/data.qcow2", Shared = true }] };
        var s = new MigrationScript(new MigrationPolicy { Storage = MigrationStorage.CopyFull }, vm, ["vda"]).SourceChecked().DestinationChecked().Reserved().Prepared();
        Assert.Equal(["vda"], s.LastSent<TransferVm>().Single().Source!.CopyDisks);
        s.TransferEnded(VmTransferOutcome.Completed);
        Assert.Equal(["vda"], s.LastSent<FinishMigrationOnDestination>().Single().Source!.CopyDisks);

        Assert.Equal(["/disks/web-1.qcow2"], Assert.Single(s.Finished().Confirmed().Facts<MigrationCompleted>()).LeftOnSource);
    }

    [Fact]
    public void After_post_copy_nothing_leads_back()
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Failed)
            .Rounds(20, x => x.Answer(SourceHost, VmState.Paused, pausedByMigration: true, postCopy: true).Answer(DestinationHost, VmState.Paused, postCopy: true));
        Assert.Equal(MigrationPhase.InDoubt, s.Phase);
        Assert.Contains("post-copy", s.Facts<MigrationInDoubt>().Last().Unknown);

        s.Rounds(5, x => x.Answer(SourceHost, VmState.Paused, pausedByMigration: true).Answer(DestinationHost, null));
        Assert.Equal(MigrationPhase.InDoubt, s.Phase);
        Assert.False(Sent<CleanUpMigrationDestination>(s) || Sent<RestoreMigrationSource>(s));
        Assert.Equal(MigrationPhase.Finishing, s.FireTimer().Rounds(5, x => x.Answer(SourceHost, VmState.Paused, pausedByMigration: true).Answer(DestinationHost, VmState.Running)).Phase);
    }

    [Fact]
    public void A_post_copy_that_broke_off_is_taken_up_again_under_a_name_of_its_own()
    {
        static void Broken(MigrationScript s, bool active) =>
            s.Answer(SourceHost, VmState.Paused, transferRunning: active, pausedByMigration: true, postCopy: true).Answer(DestinationHost, VmState.Running, postCopy: true);

        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate).Rounds(2, x => Broken(x, active: true));
        Assert.Empty(s.LastSent<TransferVm>());
        s.FireTimer();
        Broken(s, active: true);
        Assert.Equal(("resume-transfer#1", true), Resume());

        // The command, or its answer, was lost.
        s.FireTimer();
        Broken(s, active: false);
        Assert.Equal(("resume-transfer#1", true), Resume());

        // It broke off once more; the end of the first comes late.
        s.TransferEnded(VmTransferOutcome.Indeterminate).FireTimer();
        Broken(s, active: true);
        Assert.Equal(("resume-transfer#2", true), Resume());
        s.Play(new VmTransferEnded { OperationId = s.Operation, Step = "transfer", HostId = SourceHost, VmId = Vm, Outcome = VmTransferOutcome.Indeterminate, At = s.Now });
        Assert.NotNull(s.LastIgnored);
        Assert.Null(s.State.Transfer);
        Assert.Equal(MigrationPhase.InDoubt, s.FireTimer().Phase);

        Broken(s, active: true);
        Assert.Equal(MigrationPhase.Transferring, s.Phase);
        Assert.Equal(("resume-transfer#2", true), Resume());
        Assert.Equal(MigrationPhase.Completed, s.TransferEnded(VmTransferOutcome.Completed).Finished().Confirmed().Phase);

        (string, bool) Resume() => s.LastSent<TransferVm>().Select(t => (t.Step, t.Resume)).Single();
    }

    [Fact]
    public void A_cancel_that_post_copy_overtook_is_answered_and_the_transfer_goes_on()
    {
        var s = At(MigrationPhase.Cancelling).StepFails("abort-transfer#6", ErrorKind.InvalidState, SourceHost).FireTimer()
            .Answer(SourceHost, VmState.Paused, transferRunning: true, postCopy: true).Answer(DestinationHost, VmState.Running, postCopy: true);

        Assert.Equal(MigrationPhase.Transferring, s.Phase);
        Assert.Equal("past-point-of-no-return", Assert.Single(s.Facts<CancelRejected>()).Error.Code);
        Assert.Equal(2, s.Cancel().Facts<CancelRejected>().Count());
    }

    [Fact]
    public void A_host_at_its_limit_is_waited_for_and_asked_again()
    {
        var s = At(MigrationPhase.Reserving).Deferred(retryAfterMs: 1);
        Assert.Equal(TimeSpan.FromMilliseconds(250), s.Last.OfType<ArmTimer>().Single().DueAt - s.Now);
        Assert.Contains("2 of 2", s.Facts<MigrationPhaseChanged>().Last().Reason);
        s.FireTimer();
        Assert.Equal(SourceHost, s.Last.OfType<SendToOrchestrator>().Select(e => e.Request).OfType<ReserveMigrationCapacity>().Single().SourceHostId);

        Assert.Equal(TimeSpan.FromSeconds(30), s.Deferred(retryAfterMs: int.MaxValue).Last.OfType<ArmTimer>().Single().DueAt - s.Now);
        Assert.Equal(MigrationPhase.PreparingDestination, s.Reserved().Phase);
    }

    [Fact]
    public void Waiting_for_capacity_ends_at_the_policys_time_or_by_a_cancel()
    {
        var s = At(MigrationPhase.Reserving);
        while (!s.State.IsOver)
        {
            s.Deferred(30_000).FireTimer();
        }

        Assert.Equal("capacity-wait-timeout", Assert.Single(s.Facts<MigrationRolledBack>()).Error!.Code);
        Assert.True(s.State.PhaseSince >= s.State.Trail.RequestedAt.AddSeconds(600));
        Assert.True(Assert.Single(At(MigrationPhase.Reserving).Deferred().Cancel().Facts<MigrationRolledBack>()).Cancelled);
    }

    [Theory]
    [InlineData(null, 100, 100)]
    [InlineData(50, 100, 50)]
    [InlineData(200, 100, 100)]
    [InlineData(200, null, 200)]
    public void The_granted_share_caps_the_bandwidth(int? wished, int? granted, int? used)
    {
        var s = new MigrationScript(new MigrationPolicy { BandwidthMiBps = wished }).SourceChecked().DestinationChecked().Reserved(granted).Prepared();

        Assert.Equal(used, s.LastSent<TransferVm>().Single().Policy.BandwidthMiBps);
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, null, false)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public void A_transfer_that_will_not_end_is_not_begun_if_the_policy_says_so(bool require, bool? converges, bool refused)
    {
        var s = new MigrationScript(new MigrationPolicy { RequireConvergence = require }).SourceChecked(forecast: new MigrationForecast { Converges = converges, Verdict = "800 MiB/s are dirtied, 100 MiB/s are copied." });

        Assert.Single(s.Facts<MigrationForecasted>());
        Assert.Equal(refused, s.State.IsOver);
        if (refused)
        {
            Assert.Equal("will-not-converge", s.Facts<MigrationRolledBack>().Single().Error!.Code);
            Assert.Contains("800 MiB/s", s.Facts<MigrationRolledBack>().Single().Error!.Message);
        }
    }
}
