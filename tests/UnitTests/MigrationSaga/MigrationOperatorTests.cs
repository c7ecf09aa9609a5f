using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.MigrationSaga.MigrateVm;
using Xunit;
using static HvPlatform.UnitTests.MigrationSaga.MigrationScript;

namespace HvPlatform.UnitTests.MigrationSaga;

/// <summary>What people ask of a migration that is under way: to cancel it, to end a doubt.</summary>
public sealed class MigrationOperatorTests
{
    static int Answers(MigrationScript s) => s.Facts<CancelRejected>().Count() + s.Facts<MigrationRolledBack>().Count(e => e.Cancelled);

    [Fact]
    public void A_cancel_that_overtakes_the_beginning_ends_the_migration_when_it_begins()
    {
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var template = new MigrationScript();
        var cancel = new CancelMigrationRequested { OperationId = template.Operation, Trail = new Trail { RequestedBy = "test", RequestedAt = at } };
        var begin = new BeginMigration { OperationId = template.Operation, VmId = Vm, VmName = "web-1", SourceHostId = SourceHost, DestinationHostId = DestinationHost, Epoch = 3, Policy = new MigrationPolicy(), Trail = cancel.Trail };
        var waiting = MigrationDecisions.Decide(null, cancel, at, Timings);
        Assert.Equal(MigrationPhase.Requested, waiting.State.Phase);
        Assert.NotNull(MigrationDecisions.Decide(waiting.State, cancel, at, Timings).Ignored);

        var ended = MigrationDecisions.Decide(waiting.State, begin, at, Timings);

        Assert.Equal(MigrationPhase.RolledBack, ended.State.Phase);
        var facts = ended.Effects.OfType<PublishFact>().Select(e => e.Fact).ToList();
        Assert.Single(facts.OfType<MigrationStarted>());
        Assert.True(Assert.Single(facts.OfType<MigrationRolledBack>()).Cancelled);
        Assert.DoesNotContain(ended.Effects, e => e is SendToHost or ArmTimer);
    }

    [Fact]
    public void A_cancel_while_a_failure_is_undone_is_answered_by_the_roll_back()
    {
        var s = At(MigrationPhase.PreparingDestination).StepFails("prepare-destination", ErrorKind.Fatal, DestinationHost).Cancel().Cancel().CleanedUp();

        Assert.True(Assert.Single(s.Facts<MigrationRolledBack>()).Cancelled);
        Assert.Equal(1, Answers(s));
    }

    [Fact]
    public void A_cancel_after_the_time_was_up_is_answered_by_the_roll_back()
    {
        var s = At(MigrationPhase.Transferring).After(TimeSpan.FromSeconds(700)).FireTimer().Cancel().TransferEnded(VmTransferOutcome.Aborted).BothAnswer(VmState.Running, null).CleanedUp().Restored();

        Assert.Equal(1, Answers(s));
        Assert.True(s.Facts<MigrationRolledBack>().Single().Cancelled);
    }

    [Fact]
    public void A_cancel_in_doubt_gets_one_answer_whichever_way_it_ends()
    {
        Assert.Equal(1, Answers(At(MigrationPhase.InDoubt).Cancel().Cancel().BothAnswer(VmState.Running, null).CleanedUp().Restored()));
        Assert.Equal(1, Answers(At(MigrationPhase.InDoubt).Cancel().BothAnswer(null, VmState.Running).Finished().Confirmed()));
        Assert.Equal(1, Answers(At(MigrationPhase.InDoubt).Cancel().Rounds(3, x => x.BothAnswer(null, null)).CleanedUp()));
        Assert.Equal(1, Answers(At(MigrationPhase.InDoubt).Cancel().Resolve(MigrationResolution.OnDestination)));
        Assert.Equal(1, Answers(At(MigrationPhase.InDoubt).Cancel().Resolve(MigrationResolution.OnNeither)));
    }

    [Fact]
    public void Out_of_doubt_an_operators_word_is_not_taken()
    {
        foreach (var phase in new[] { MigrationPhase.Preflight, MigrationPhase.Transferring, MigrationPhase.RollingBack, MigrationPhase.Completed })
        {
            var s = At(phase);
            var state = s.State;
            s.Resolve(MigrationResolution.OnNeither);

            Assert.Equal("not-in-doubt", Assert.Single(s.Facts<MigrationResolveRejected>()).Error.Code);
            Assert.Equal(state, s.State);
        }
    }

    [Fact]
    public void An_operator_says_it_is_on_the_source_while_both_hosts_are_silent()
    {
        var s = At(MigrationPhase.InDoubt).Resolve(MigrationResolution.OnSource);

        Assert.Contains("no answer", Assert.Single(s.Facts<MigrationResolvedByOperator>()).Unknown);
        Assert.Single(s.LastSent<CleanUpMigrationDestination>());
        Assert.Single(s.LastSent<RestoreMigrationSource>());
        var end = Assert.Single(s.Facts<MigrationRolledBack>());
        Assert.Equal("operator", end.ResolvedBy);
        Assert.Equal("resolved-by-operator", end.Error!.Code);
    }

    [Fact]
    public void A_source_that_answers_is_waited_for_and_if_it_falls_silent_no_more()
    {
        MigrationScript Asserted() => At(MigrationPhase.InDoubt).Answer(SourceHost, VmState.Paused, pausedByMigration: true).Resolve(MigrationResolution.OnSource);
        var s = Asserted();
        Assert.Equal(MigrationPhase.RollingBack, s.Phase);
        Assert.Equal(MigrationPhase.RolledBack, s.Restored().Phase);
        Assert.Equal("operator", s.Facts<MigrationRolledBack>().Single().ResolvedBy);

        s = Asserted();
        for (var i = 0; i < 20 && !s.State.IsOver; i++)
        {
            s.FireTimer();
        }

        Assert.Equal(MigrationPhase.RolledBack, s.Phase);

        s = Asserted();
        s.StepFails(s.LastSent<RestoreMigrationSource>().Single().Step, ErrorKind.NotFound, SourceHost);
        Assert.NotNull(s.State.Inquiry);
        Assert.Null(s.State.ResolvedBy);
    }

    [Fact]
    public void An_operator_says_it_is_on_the_destination()
    {
        var s = At(MigrationPhase.InDoubt).Answer(DestinationHost, VmState.Running).Resolve(MigrationResolution.OnDestination);

        Assert.Single(s.LastSent<ConfirmMigrationOnSource>());
        Assert.Equal("operator", Assert.Single(s.Facts<MigrationCompleted>()).ResolvedBy);
    }

    [Fact]
    public void An_operator_says_it_is_nowhere()
    {
        var s = At(MigrationPhase.InDoubt).Resolve(MigrationResolution.OnNeither);

        var end = Assert.Single(s.Facts<MigrationFailed>());
        Assert.Equal("vm-on-neither-host", end.Error.Code);
        Assert.NotNull(end.Error.Advice);
        Assert.DoesNotContain(s.Last, e => e is SendToHost { Command: CleanUpMigrationDestination or ConfirmMigrationOnSource });
    }

    [Theory]
    [InlineData(MigrationResolution.OnSource, false)]
    [InlineData(MigrationResolution.OnDestination, true)]
    [InlineData(MigrationResolution.OnNeither, false)]
    [InlineData(MigrationResolution.OnNeither, true)]
    public void A_hosts_fresh_answer_contradicts_an_operator(MigrationResolution resolution, bool runsOnSource)
    {
        var s = At(MigrationPhase.InDoubt).Answer(runsOnSource ? SourceHost : DestinationHost, VmState.Running).FireTimer().Resolve(resolution);

        Assert.Equal("resolution-contradicted", Assert.Single(s.Facts<MigrationResolveRejected>()).Error.Code);
        Assert.Equal(MigrationPhase.InDoubt, s.Phase);

        // An answer that old contradicts nothing any more.
        s.FireTimer().FireTimer().After(TimeSpan.FromSeconds(61)).Resolve(resolution);
        Assert.True(s.State.IsOver);
    }
}
