using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga.MigrateVm;
using Xunit;
using static HvPlatform.UnitTests.MigrationSaga.MigrationScript;

namespace HvPlatform.UnitTests.MigrationSaga;

public sealed class MigrationRollBackTests
{
    static MigrationScript Failed() => At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Failed);

    static void SourceParked(MigrationScript s, VmState? destination = null, bool incoming = false) =>
        s.Answer(SourceHost, VmState.Paused, pausedByMigration: true).Answer(DestinationHost, destination, incoming: incoming, pausedByMigration: incoming);

    static bool Sent<T>(MigrationScript s) => s.All.OfType<SendToHost>().Any(e => e.Command is T);

    [Fact]
    public void The_way_back_closes_the_source_cleans_the_destination_and_only_then_restores()
    {
        var s = Failed().BothAnswer(VmState.Running, null);
        Assert.Single(s.LastSent<AbortVmTransfer>());
        Assert.Single(s.LastSent<CleanUpMigrationDestination>());
        Assert.False(Sent<RestoreMigrationSource>(s));

        s.CleanedUp();
        Assert.Equal(MigrationPhase.RollingBack, s.Phase);
        Assert.True(s.LastSent<RestoreMigrationSource>().Single().WasRunning);
        Assert.Equal(MigrationPhase.RolledBack, s.Restored().Phase);
    }

    [Fact]
    public void A_source_that_was_never_told_to_transfer_is_not_asked_to_restore()
    {
        var s = At(MigrationPhase.PreparingDestination).Cancel().CleanedUp();

        Assert.Equal(MigrationPhase.RolledBack, s.Phase);
        Assert.False(Sent<RestoreMigrationSource>(s) || Sent<AbortVmTransfer>(s));
    }

    [Fact]
    public void A_guest_paused_by_the_migration_is_resumed_only_after_it_was_seen_twice_and_the_destination_is_clean()
    {
        var s = Failed();
        SourceParked(s);
        Assert.Equal(MigrationPhase.Transferring, s.Phase);
        s.FireTimer();
        SourceParked(s);
        Assert.Equal(MigrationPhase.RollingBack, s.Phase);
        Assert.False(Sent<RestoreMigrationSource>(s));
        Assert.Equal(MigrationPhase.RolledBack, s.CleanedUp().Restored().Phase);
    }

    [Fact]
    public void A_guest_that_has_run_on_the_destination_is_never_resumed_on_the_source()
    {
        var s = At(MigrationPhase.Finishing).StepFails("finish-destination", ErrorKind.NotFound, DestinationHost).Rounds(20, x => SourceParked(x));

        Assert.Equal(MigrationPhase.InDoubt, s.Phase);
        Assert.False(Sent<RestoreMigrationSource>(s));
        Assert.Contains("must not be resumed", s.Facts<MigrationInDoubt>().Last().Unknown);
    }

    [Fact]
    public void An_incomplete_copy_left_on_the_destination_is_removed_before_the_guest_runs_on()
    {
        var s = Failed().Rounds(3, x => SourceParked(x, VmState.Paused, incoming: true));

        Assert.Equal(MigrationPhase.RollingBack, s.Phase);
        Assert.Single(s.LastSent<CleanUpMigrationDestination>());
        Assert.Equal(MigrationPhase.RolledBack, s.CleanedUp().Restored().Phase);
    }

    [Fact]
    public void A_guest_that_runs_on_the_destination_beside_its_parked_source_goes_forward()
    {
        var s = Failed().Rounds(3, x => SourceParked(x, VmState.Running));

        Assert.Equal(MigrationPhase.Finishing, s.Phase);
    }

    [Fact]
    public void A_clean_up_answered_in_an_earlier_round_does_not_count()
    {
        var s = Failed().BothAnswer(VmState.Running, null);
        var first = s.LastSent<CleanUpMigrationDestination>().Single().Step;
        s.StepFails(first, ErrorKind.InvalidState, DestinationHost).BothAnswer(VmState.Running, null);
        s.Play(new MigrationDestinationCleanedUp { OperationId = s.Operation, Step = first, HostId = DestinationHost, VmId = Vm, At = s.Now });

        Assert.Equal("earlier-step", s.LastIgnored!.Reason);
        Assert.False(Sent<RestoreMigrationSource>(s));
    }

    [Fact]
    public void A_restore_that_finds_no_VM_asks_and_goes_where_the_VM_is()
    {
        var s = Failed().BothAnswer(VmState.Running, null).CleanedUp();
        s.StepFails(s.LastSent<RestoreMigrationSource>().Single().Step, ErrorKind.NotFound, SourceHost);
        Assert.Equal(2, s.LastSent<InspectMigratingVm>().Count());

        Assert.Equal(MigrationPhase.Finishing, s.BothAnswer(null, VmState.Running).Phase);
    }

    [Fact]
    public void A_transfer_that_completes_while_it_is_undone_is_asked_about()
    {
        var s = Failed().BothAnswer(VmState.Running, null);
        s.Play(new VmTransferEnded { OperationId = s.Operation, Step = "transfer", HostId = SourceHost, VmId = Vm, Outcome = VmTransferOutcome.Completed, At = s.Now });
        Assert.Equal("repeated", s.LastIgnored!.Reason);

        var unknown = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate).BothAnswer(VmState.Running, null).TransferEnded(VmTransferOutcome.Completed);
        Assert.Equal(2, unknown.LastSent<InspectMigratingVm>().Count());
    }

    [Fact]
    public void A_transfer_begun_late_is_stopped_again()
    {
        var s = Failed().BothAnswer(VmState.Running, null).CleanedUp();
        s.StepFails(s.LastSent<RestoreMigrationSource>().Single().Step, ErrorKind.InvalidState, SourceHost);
        s.Answer(SourceHost, VmState.Running, transferRunning: true).Answer(DestinationHost, VmState.Paused, incoming: true);

        Assert.Single(s.LastSent<AbortVmTransfer>());
        Assert.Equal(MigrationPhase.RollingBack, s.Phase);
    }

    [Fact]
    public void A_guest_paused_by_a_person_meanwhile_ends_rolled_back_and_is_left_paused()
    {
        var s = Failed().BothAnswer(VmState.Running, null).CleanedUp().Restored(VmState.Paused);
        Assert.Equal(MigrationPhase.RollingBack, s.Phase);

        Assert.Equal(MigrationPhase.RolledBack, s.BothAnswer(VmState.Paused, null).Phase);
    }

    [Fact]
    public void A_guest_that_stopped_on_the_source_leaves_nothing_on_the_destination_before_it_ends_as_failed()
    {
        var s = Failed().Rounds(3, x => x.BothAnswer(VmState.Off, null));
        Assert.Equal(MigrationPhase.RollingBack, s.Phase);

        s.CleanedUp().Restored(VmState.Off);
        Assert.Equal(MigrationPhase.Failed, s.Phase);
    }

    [Theory]
    [InlineData(MigrationPhase.Finishing)]
    [InlineData(MigrationPhase.Confirming)]
    [InlineData(MigrationPhase.Transferring)]
    public void A_guest_that_shut_down_on_the_destination_keeps_one_definition(MigrationPhase at)
    {
        var s = At(at);
        switch (at)
        {
            case MigrationPhase.Finishing:
                s.StepFails("finish-destination", ErrorKind.InvalidState, DestinationHost);
                break;
            case MigrationPhase.Confirming:
                s.StepFails("confirm-source", ErrorKind.InvalidState, SourceHost);
                break;
            default:
                s.TransferEnded(VmTransferOutcome.Indeterminate);
                break;
        }

        s.Rounds(3, x => x.BothAnswer(VmState.Off, VmState.Off));
        Assert.Equal(MigrationPhase.Confirming, s.Phase);
        Assert.Equal(MigrationPhase.Completed, s.Confirmed().Phase);
        Assert.False(Sent<CleanUpMigrationDestination>(s));
    }

    [Fact]
    public void A_destination_that_lost_power_after_the_switch_over_keeps_the_VM_and_the_source_is_cleared()
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate).Rounds(3, x => SourceParked(x, VmState.Off));

        Assert.Equal(MigrationPhase.Confirming, s.Phase);
        Assert.False(Sent<RestoreMigrationSource>(s));
        Assert.Equal(MigrationPhase.Completed, s.Confirmed().Phase);
    }

    [Fact]
    public void What_had_not_arrived_when_the_source_lost_power_is_removed_and_ends_as_stopped()
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate)
            .Rounds(3, x => x.Answer(SourceHost, VmState.Off).Answer(DestinationHost, VmState.Paused, incoming: true));

        Assert.Equal(MigrationPhase.RollingBack, s.Phase);
        s.CleanedUp().Restored(VmState.Off);
        Assert.Equal("vm-stopped-during-migration", Assert.Single(s.Facts<MigrationFailed>()).Error.Code);
    }

    [Fact]
    public void Two_running_copies_are_told_loudly()
    {
        var s = Failed().Rounds(10, x => x.BothAnswer(VmState.Running, VmState.Running));

        var doubt = Assert.Single(s.Facts<MigrationInDoubt>());
        Assert.Empty(doubt.UnansweredHostIds);
        Assert.Contains("RUNS TWICE", doubt.Unknown);
    }
}
