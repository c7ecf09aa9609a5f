using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.MigrationSaga.MigrateVm;
using Xunit;
using static HvPlatform.UnitTests.MigrationSaga.MigrationScript;

namespace HvPlatform.UnitTests.MigrationSaga;

public sealed class MigrationDecisionTests
{
    public static TheoryData<MigrationPhase> LivePhases => new(Enum.GetValues<MigrationPhase>()
        .Except([MigrationPhase.Unknown, MigrationPhase.Requested, MigrationPhase.Completed, MigrationPhase.RolledBack, MigrationPhase.Failed]));

    public static TheoryData<MigrationPhase> FinalPhases => new(MigrationPhase.Completed, MigrationPhase.RolledBack, MigrationPhase.Failed);

    static int TerminalEvents(MigrationScript s) => s.Facts<MigrationCompleted>().Count() + s.Facts<MigrationRolledBack>().Count() + s.Facts<MigrationFailed>().Count();

    [Fact]
    public void A_migration_without_faults_passes_the_phases_in_order_and_completes_once()
    {
        var s = At(MigrationPhase.Completed);

        Assert.Equal(MigrationPhase.Completed, s.Phase);
        Assert.Equal(
            [MigrationPhase.Preflight, MigrationPhase.Reserving, MigrationPhase.PreparingDestination, MigrationPhase.Transferring, MigrationPhase.Finishing, MigrationPhase.Confirming],
            s.Facts<MigrationPhaseChanged>().Select(p => p.To));
        var done = Assert.Single(s.Facts<MigrationCompleted>());
        Assert.Equal(16, done.DowntimeMs);
        Assert.Equal(1, TerminalEvents(s));
        Assert.Contains(s.Last, e => e is DisarmTimer);
    }

    [Fact]
    public void A_failed_source_check_rolls_back_and_names_what_to_do()
    {
        var s = new MigrationScript().SourceChecked(passed: false);

        Assert.Equal(MigrationPhase.RolledBack, s.Phase);
        var end = Assert.Single(s.Facts<MigrationRolledBack>());
        Assert.Contains("start it first", end.Error!.Message);
        Assert.DoesNotContain(s.All, e => e is SendToHost { Command: TransferVm });
    }

    [Fact]
    public void A_failed_destination_check_rolls_back_before_any_reservation()
    {
        var s = new MigrationScript().SourceChecked().DestinationChecked(passed: false);

        Assert.Equal(MigrationPhase.RolledBack, s.Phase);
        Assert.Equal("preflight-cpu-model", Assert.Single(s.Facts<MigrationRolledBack>()).Error!.Code);
        Assert.DoesNotContain(s.All, e => e is SendToOrchestrator);
    }

    [Fact]
    public void A_refused_reservation_rolls_back_without_touching_the_destination()
    {
        var s = At(MigrationPhase.Reserving).Play(new MigrationCapacityRefused { OperationId = default, HostId = DestinationHost, Error = new ErrorInfo { Kind = ErrorKind.Resource, Code = "no-room", Message = "512 MiB asked, 3 free" } });

        Assert.Equal(MigrationPhase.RolledBack, s.Phase);
        Assert.DoesNotContain(s.All, e => e is SendToHost { Command: PrepareMigrationDestination or CleanUpMigrationDestination });
    }

    [Fact]
    public void Destination_failing_in_Prepare_is_cleaned_up()
    {
        var s = At(MigrationPhase.PreparingDestination).StepFails("prepare-destination", ErrorKind.Fatal, DestinationHost);

        Assert.Equal(MigrationPhase.RollingBack, s.Phase);
        Assert.Single(s.LastSent<CleanUpMigrationDestination>());
        Assert.Equal(MigrationPhase.RolledBack, s.CleanedUp().Phase);
        Assert.Equal(1, TerminalEvents(s));
    }

    [Fact]
    public void A_passing_failure_is_tried_again_under_a_new_step_name_and_not_for_ever()
    {
        var s = At(MigrationPhase.PreparingDestination);
        var names = new List<string>();
        for (var attempt = 1; attempt < Timings.MaxAttempts; attempt++)
        {
            s.StepFails(attempt == 1 ? "prepare-destination" : $"prepare-destination#{attempt}", ErrorKind.Transient, DestinationHost).FireTimer();
            names.Add(s.LastSent<PrepareMigrationDestination>().Single().Step);
        }

        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Equal(MigrationPhase.PreparingDestination, s.Phase);
        s.StepFails($"prepare-destination#{Timings.MaxAttempts}", ErrorKind.Transient, DestinationHost);
        Assert.Equal(MigrationPhase.RollingBack, s.Phase);
    }

    [Theory]
    [InlineData(VmTransferOutcome.Failed)]
    [InlineData(VmTransferOutcome.Aborted)]
    [InlineData(VmTransferOutcome.Indeterminate)]
    public void A_transfer_that_did_not_complete_moves_nothing_before_both_hosts_were_asked(VmTransferOutcome outcome)
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(outcome);

        Assert.Equal(MigrationPhase.Transferring, s.Phase);
        Assert.Equal([SourceHost, DestinationHost], s.Last.OfType<SendToHost>().Where(e => e.Command is InspectMigratingVm).Select(e => e.Host));
        Assert.DoesNotContain(s.Last, e => e is SendToHost { Command: CleanUpMigrationDestination });
        Assert.Equal(MigrationPhase.RollingBack, s.BothAnswer(VmState.Running, null).Phase);
    }

    [Fact]
    public void A_failed_transfer_whose_VM_is_found_on_the_destination_goes_forward()
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Failed).BothAnswer(null, VmState.Running);

        Assert.Equal(MigrationPhase.Finishing, s.Phase);
        Assert.Single(s.LastSent<FinishMigrationOnDestination>());
    }

    [Fact]
    public void A_lost_transfer_command_is_sent_again_under_the_same_name()
    {
        var s = At(MigrationPhase.Transferring);
        var first = s.LastSent<TransferVm>().Single();
        s.FireTimer().BothAnswer(VmState.Running, null);

        Assert.Equal(MigrationPhase.Transferring, s.Phase);
        Assert.Equal(first, s.LastSent<TransferVm>().Single());
    }

    [Fact]
    public void A_lost_end_of_a_transfer_is_found_out_by_asking()
    {
        var s = At(MigrationPhase.Transferring).FireTimer().BothAnswer(null, VmState.Running);

        Assert.Equal(MigrationPhase.Finishing, s.Phase);
    }

    [Fact]
    public void A_transfer_that_runs_is_left_alone_by_the_timer()
    {
        var s = At(MigrationPhase.Transferring).FireTimer().Answer(SourceHost, VmState.Running, transferRunning: true).Answer(DestinationHost, VmState.Paused, transferRunning: true);

        Assert.Equal(MigrationPhase.Transferring, s.Phase);
        Assert.Null(s.State.Inquiry);
    }

    [Fact]
    public void A_transfer_beyond_its_time_is_stopped_and_rolled_back_with_a_timeout()
    {
        var s = At(MigrationPhase.Transferring).After(TimeSpan.FromSeconds(700)).FireTimer();
        Assert.Equal(MigrationPhase.Cancelling, s.Phase);
        Assert.Single(s.LastSent<AbortVmTransfer>());

        s.TransferEnded(VmTransferOutcome.Aborted).BothAnswer(VmState.Running, null).CleanedUp().Restored();

        var end = Assert.Single(s.Facts<MigrationRolledBack>());
        Assert.False(end.Cancelled);
        Assert.Equal("transfer-timeout", end.Error!.Code);
    }

    [Fact]
    public void A_silent_host_makes_it_in_doubt_and_says_which()
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate).Answer(DestinationHost, null).After(TimeSpan.FromSeconds(11)).FireTimer();

        Assert.Equal(MigrationPhase.InDoubt, s.Phase);
        var doubt = Assert.Single(s.Facts<MigrationInDoubt>());
        Assert.Equal([SourceHost], doubt.UnansweredHostIds);
        Assert.Equal(0, TerminalEvents(s));
    }

    [Fact]
    public void Doubt_resolves_by_itself_when_the_hosts_answer()
    {
        Assert.Equal(MigrationPhase.RollingBack, At(MigrationPhase.InDoubt).BothAnswer(VmState.Running, null).Phase);
        Assert.Equal(MigrationPhase.Finishing, At(MigrationPhase.InDoubt).BothAnswer(null, VmState.Running).Phase);
        Assert.Equal(MigrationPhase.Finishing, At(MigrationPhase.InDoubt).BothAnswer(VmState.Off, VmState.Running).Phase);
    }

    [Fact]
    public void Doubt_is_made_known_once_and_asked_about_ever_more_slowly()
    {
        var s = At(MigrationPhase.InDoubt);
        var waits = new List<TimeSpan>();
        for (var i = 0; i < 8; i++)
        {
            var before = s.Now;
            s.FireTimer();
            waits.Add(s.All.OfType<ArmTimer>().Last().DueAt - s.Now);
            Assert.True(s.Now >= before);
        }

        Assert.Single(s.Facts<MigrationInDoubt>());
        Assert.Equal(waits.Order(), waits);
        Assert.Equal(Timings.InquiryBackoffLimit, waits[^1]);
    }

    [Fact]
    public void Two_running_copies_are_never_settled_by_guessing()
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate);
        for (var i = 0; i < 10; i++)
        {
            s.BothAnswer(VmState.Running, VmState.Running).FireTimer();
        }

        Assert.Equal(MigrationPhase.InDoubt, s.Phase);
        Assert.DoesNotContain(s.All, e => e is SendToHost { Command: CleanUpMigrationDestination or ConfirmMigrationOnSource });
    }

    [Fact]
    public void Answers_of_different_rounds_are_not_put_together()
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate).Answer(SourceHost, null).FireTimer().Answer(DestinationHost, VmState.Running);

        Assert.Equal(MigrationPhase.Transferring, s.Phase);
        Assert.Null(s.State.Inquiry!.Source);
    }

    [Fact]
    public void An_answer_of_an_earlier_round_is_ignored()
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Indeterminate).FireTimer()
            .Play(new MigratingVmInspected { OperationId = default, Step = "inspect-1", HostId = SourceHost, VmId = Vm, Exists = true, State = VmState.Running, TransferRunning = false, Epoch = 3, At = default });

        Assert.NotNull(s.LastIgnored);
    }

    [Fact]
    public void A_guest_that_stopped_on_the_way_ends_as_failed_intact_only_after_repeated_answers()
    {
        var s = At(MigrationPhase.Transferring).TransferEnded(VmTransferOutcome.Failed).BothAnswer(VmState.Off, null);
        Assert.Equal(MigrationPhase.Transferring, s.Phase);

        s.FireTimer().BothAnswer(VmState.Off, null).FireTimer().BothAnswer(VmState.Off, null);
        Assert.Single(s.LastSent<CleanUpMigrationDestination>());
        s.CleanedUp();
        Assert.Single(s.LastSent<RestoreMigrationSource>());
        s.Restored(VmState.Off);

        Assert.Equal("vm-stopped-during-migration", Assert.Single(s.Facts<MigrationFailed>()).Error.Code);
    }

    [Theory]
    [InlineData(MigrationPhase.Preflight, MigrationPhase.RolledBack)]
    [InlineData(MigrationPhase.Reserving, MigrationPhase.RolledBack)]
    [InlineData(MigrationPhase.PreparingDestination, MigrationPhase.RollingBack)]
    [InlineData(MigrationPhase.Transferring, MigrationPhase.Cancelling)]
    [InlineData(MigrationPhase.Finishing, MigrationPhase.Finishing)]
    [InlineData(MigrationPhase.Confirming, MigrationPhase.Confirming)]
    [InlineData(MigrationPhase.RollingBack, MigrationPhase.RollingBack)]
    [InlineData(MigrationPhase.Cancelling, MigrationPhase.Cancelling)]
    public void Cancel_in_each_phase(MigrationPhase at, MigrationPhase then)
    {
        var s = At(at).Cancel();

        Assert.Equal(then, s.Phase);
        Assert.Equal(at is MigrationPhase.Finishing or MigrationPhase.Confirming, s.Facts<CancelRejected>().Any());
    }

    [Fact]
    public void A_cancelled_transfer_that_completed_all_the_same_completes_and_says_so()
    {
        var s = At(MigrationPhase.Cancelling).TransferEnded(VmTransferOutcome.Completed);

        Assert.Equal(MigrationPhase.Finishing, s.Phase);
        Assert.Equal("past-point-of-no-return", Assert.Single(s.Facts<CancelRejected>()).Error.Code);
        Assert.Equal(MigrationPhase.Completed, s.Finished().Confirmed().Phase);
    }

    [Fact]
    public void A_cancelled_transfer_ends_rolled_back_as_cancelled()
    {
        var s = At(MigrationPhase.Cancelling).TransferEnded(VmTransferOutcome.Aborted).BothAnswer(VmState.Running, null).CleanedUp().Restored();

        var end = Assert.Single(s.Facts<MigrationRolledBack>());
        Assert.True(end.Cancelled);
        Assert.Null(end.Error);
    }

    [Theory]
    [MemberData(nameof(FinalPhases))]
    public void After_the_end_nothing_changes_any_more(MigrationPhase final)
    {
        var s = At(final);
        Assert.Equal(final, s.Phase);
        var state = s.State;
        s.TransferEnded(VmTransferOutcome.Completed).Finished().Confirmed().CleanedUp().FireTimer().BothAnswer(VmState.Running, null);

        Assert.Equal(state, s.State);
        Assert.Equal(1, TerminalEvents(s));
        Assert.Equal("migration-over", s.Cancel().Facts<CancelRejected>().Last().Error.Code);
    }

    [Theory]
    [MemberData(nameof(LivePhases))]
    public void Every_phase_has_a_timer_so_that_a_lost_message_costs_only_time(MigrationPhase phase)
    {
        var s = At(phase);
        Assert.Equal(phase, s.Phase);
        var armed = s.All.OfType<ArmTimer>().LastOrDefault();
        Assert.NotNull(armed);
        Assert.Equal(s.State.Timer, armed.Timer);

        s.FireTimer();

        Assert.Contains(s.Last, e => e is SendToHost or SendToOrchestrator);
        Assert.Contains(s.Last, e => e is ArmTimer);
    }

    [Theory]
    [MemberData(nameof(LivePhases))]
    public void A_message_played_twice_is_the_same_as_once(MigrationPhase phase)
    {
        Func<MigrationScript, MigrationScript>[] inputs =
        [
            s => s.SourceChecked(), s => s.DestinationChecked(), s => s.Reserved(), s => s.Prepared(), s => s.TransferEnded(VmTransferOutcome.Completed),
            s => s.Finished(), s => s.Confirmed(), s => s.CleanedUp(), s => s.Restored(), s => s.Cancel(), s => s.Resolve(MigrationResolution.OnNeither),
        ];
        foreach (var input in inputs)
        {
            var once = input(At(phase)).Phase;
            var twice = input(input(At(phase)));

            Assert.Equal(once, twice.Phase);
            Assert.True(TerminalEvents(twice) <= 1);
        }
    }

    [Theory]
    [MemberData(nameof(LivePhases))]
    public void Silence_for_ever_ends_safely_or_is_in_doubt(MigrationPhase phase)
    {
        var s = At(phase);
        for (var i = 0; i < 300; i++)
        {
            if (s.State.IsOver)
            {
                break;
            }

            s.FireTimer();
        }

        var expected = phase is MigrationPhase.Preflight or MigrationPhase.Reserving ? MigrationPhase.RolledBack : MigrationPhase.InDoubt;
        Assert.Equal(expected, s.Phase);
    }

    [Fact]
    public void Clean_up_refused_because_the_VM_runs_there_asks_instead_of_insisting()
    {
        var s = At(MigrationPhase.RollingBack);
        var step = s.LastSent<CleanUpMigrationDestination>().Single().Step;
        s.StepFails(step, ErrorKind.InvalidState, DestinationHost);
        Assert.Equal(2, s.LastSent<InspectMigratingVm>().Count());

        Assert.Equal(MigrationPhase.Finishing, s.BothAnswer(null, VmState.Running).Phase);
    }

    [Fact]
    public void A_destination_that_cannot_verify_the_VM_is_asked_about_and_not_believed_lost()
    {
        var s = At(MigrationPhase.Finishing).StepFails("finish-destination", ErrorKind.NotFound, DestinationHost);

        Assert.Equal(MigrationPhase.Finishing, s.Phase);
        Assert.Equal(2, s.LastSent<InspectMigratingVm>().Count());
        s.BothAnswer(null, VmState.Running).FireTimer();
        Assert.Equal("finish-destination#2", s.LastSent<FinishMigrationOnDestination>().Single().Step);
    }

    [Fact]
    public void A_clean_up_that_keeps_failing_is_not_repeated_at_the_speed_of_messages()
    {
        var s = At(MigrationPhase.RollingBack);
        var first = s.LastSent<CleanUpMigrationDestination>().Single().Step;
        s.StepFails(first, ErrorKind.Fatal, DestinationHost).BothAnswer(VmState.Running, null);

        Assert.Empty(s.Last.OfType<SendToHost>());
        Assert.True(s.Last.OfType<ArmTimer>().Single().DueAt > s.Now);
        s.FireTimer();
        Assert.NotEqual(first, s.LastSent<CleanUpMigrationDestination>().Single().Step);
    }

    [Theory]
    [InlineData(MigrationPhase.Finishing)]
    [InlineData(MigrationPhase.Confirming)]
    [InlineData(MigrationPhase.RollingBack)]
    public void A_step_that_was_refused_however_often_is_sent_again(MigrationPhase phase)
    {
        var s = At(phase);
        var (source, destination) = phase == MigrationPhase.RollingBack ? (VmState.Running, (VmState?)null) : (VmState.Off, VmState.Running);
        for (var refusal = 1; refusal <= 50; refusal++)
        {
            var step = SentStep(s) ?? throw new InvalidOperationException($"Nothing was sent after {refusal - 1} refusals.");
            s.StepFails(step, ErrorKind.InvalidState, phase == MigrationPhase.Confirming ? SourceHost : DestinationHost);
            s.BothAnswer(source, destination).FireTimer();
        }

        Assert.NotNull(SentStep(s));
        Assert.Equal(phase, s.Phase);

        static string? SentStep(MigrationScript s) => s.Last.OfType<SendToHost>().Select(e => e.Command switch
        {
            FinishMigrationOnDestination c => c.Step,
            ConfirmMigrationOnSource c => c.Step,
            CleanUpMigrationDestination c => c.Step,
            _ => null,
        }).SingleOrDefault(step => step is not null);
    }

    [Fact]
    public void A_step_has_all_its_attempts_whatever_the_one_before_it_took()
    {
        var s = At(MigrationPhase.Preflight).SourceChecked().StepFails("check-destination", ErrorKind.Transient, DestinationHost).FireTimer().DestinationChecked().Reserved();

        Assert.Equal("prepare-destination", s.LastSent<PrepareMigrationDestination>().Single().Step);
        Assert.Equal(1, s.State.Attempt);
    }
}
