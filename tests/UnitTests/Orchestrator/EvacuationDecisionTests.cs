using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Orchestrator.Evacuations;
using Xunit;

namespace HvPlatform.UnitTests.Orchestrator;

public sealed class EvacuationDecisionTests
{
    static EvacuationEnded? End(EvacuationFleet fleet) => fleet.Effects.OfType<Tell>().Select(t => t.Message).OfType<EvacuationEnded>().SingleOrDefault();

    static EvacuationFleet Fleet(int vms = 1, EvacuationSettings? settings = null)
    {
        var fleet = new EvacuationFleet { Settings = settings ?? new() };
        fleet.Host("beta", 64_000);
        fleet.Host("gamma", 32_000);
        for (var v = 0; v < vms; v++)
        {
            fleet.Vm($"vm-{v}");
        }

        return fleet;
    }

    [Fact]
    public void A_host_is_emptied_a_few_VMs_at_a_time_and_the_report_names_each()
    {
        var fleet = Fleet(5).Begin();
        var most = 0;
        for (var round = 0; round < 10 && !fleet.State.IsOver; round++)
        {
            most = Math.Max(most, fleet.State.Vms.Count(v => v.Status == EvacuationVmStatus.Moving));
            fleet.EndMoves(OperationStatus.Succeeded).Look(1);
        }

        Assert.Equal(2, most);
        Assert.Equal(EvacuationStatus.Completed, End(fleet)!.Status);
        Assert.All(End(fleet)!.Vms, v => Assert.Equal((EvacuationVmStatus.Moved, 1), (v.Status, v.Attempts)));
        Assert.Equal(5, fleet.Moves.Select(m => m.OperationId).Distinct().Count());
        Assert.Null(fleet.Effects.OfType<LookAgain>().Last().At);
    }

    [Fact]
    public void The_fleets_limit_counts_the_moves_of_other_evacuations()
    {
        var fleet = new EvacuationFleet { Settings = new() { MaxConcurrent = 10 }, Timings = new() { MaxFleetMoves = 4 }, OtherMoves = 3 };
        fleet.Host("beta", 64_000);
        for (var v = 0; v < 5; v++)
        {
            fleet.Vm($"vm-{v}");
        }

        fleet.Begin();
        Assert.Single(fleet.Moves);

        fleet.OtherMoves = 0;
        fleet.Look(1);
        Assert.Equal(4, fleet.Moves.Count());
    }

    [Fact]
    public void A_move_that_was_rolled_back_is_tried_on_another_host_after_a_wait_and_given_up_after_the_last_attempt()
    {
        var fleet = Fleet().Begin();
        Assert.Equal(EvacuationFleet.Id("beta"), fleet.Moves.Single().DestinationHostId);

        fleet.EndMoves(OperationStatus.RolledBack, EvacuationFleet.Error("broken")).Look(1);
        Assert.Single(fleet.Moves);
        Assert.Equal(EvacuationVmStatus.Waiting, fleet.State.Vms[0].Status);

        fleet.Look(15);
        Assert.Equal(EvacuationFleet.Id("gamma"), fleet.Moves.Last().DestinationHostId);

        fleet.EndMoves(OperationStatus.Failed, EvacuationFleet.Error("broken")).Look(1).Look(15);
        Assert.Equal(2, fleet.Moves.Count());
        fleet.Look(15);
        Assert.Equal(3, fleet.Moves.Count());
        fleet.EndMoves(OperationStatus.RolledBack, EvacuationFleet.Error("broken")).Look(1);

        Assert.Equal(EvacuationStatus.CompletedWithFailures, End(fleet)!.Status);
        var vm = Assert.Single(End(fleet)!.Vms);
        Assert.Equal((EvacuationVmStatus.Failed, 3, "broken"), (vm.Status, vm.Attempts, vm.Error!.Code));
    }

    [Fact]
    public void A_VM_that_fits_nowhere_is_looked_at_a_few_times_and_then_reported()
    {
        var fleet = Fleet();
        var giant = fleet.Vm("giant", 1_000_000);
        fleet.Begin().EndMoves(OperationStatus.Succeeded);
        for (var i = 0; i < 20 && !fleet.State.IsOver; i++)
        {
            fleet.Look(15);
        }

        Assert.Equal(EvacuationStatus.CompletedWithFailures, fleet.State.Status);
        Assert.Equal("no-destination", fleet.Of(giant).Error!.Code);
    }

    [Fact]
    public void A_refusal_is_a_failed_attempt_but_a_busy_VM_only_waits()
    {
        var fleet = Fleet();
        fleet.Refuse[EvacuationFleet.Id("beta")] = EvacuationFleet.Error("vm-busy");
        fleet.Begin();
        Assert.Equal((EvacuationVmStatus.Waiting, 0), (fleet.State.Vms[0].Status, fleet.State.Vms[0].Attempts));

        fleet.Refuse[EvacuationFleet.Id("beta")] = EvacuationFleet.Error("no-capacity");
        fleet.Look(5);
        Assert.Equal((EvacuationVmStatus.Waiting, 1), (fleet.State.Vms[0].Status, fleet.State.Vms[0].Attempts));

        fleet.Look(15);
        Assert.Equal(EvacuationFleet.Id("gamma"), fleet.Moves.Last().DestinationHostId);
    }

    [Fact]
    public void A_VM_held_by_another_operation_waits_and_one_that_was_deleted_is_done()
    {
        var fleet = Fleet(2);
        var (busy, deleted) = (fleet.Vms.Values.First(), fleet.Vms.Values.Last());
        fleet.Vms[busy.Id] = busy with { BusyWith = OperationId.New() };
        fleet.Vms[deleted.Id] = deleted with { Deleted = true };
        fleet.Begin();

        Assert.Empty(fleet.Moves);
        Assert.Equal(EvacuationVmStatus.Gone, fleet.Of(deleted).Status);
        fleet.Vms[busy.Id] = busy;
        fleet.Look(5).EndMoves(OperationStatus.Succeeded).Look(5);
        Assert.Equal(EvacuationStatus.Completed, fleet.State.Status);
    }

    [Fact]
    public void VMs_that_appear_meanwhile_are_moved_too_and_what_is_on_its_way_here_is_waited_for()
    {
        var fleet = Fleet().Begin();
        fleet.Inbound = 1;
        fleet.EndMoves(OperationStatus.Succeeded).Look(5);
        Assert.False(fleet.State.IsOver);

        fleet.Inbound = 0;
        var late = fleet.Vm("late");
        fleet.Look(5).EndMoves(OperationStatus.Succeeded).Look(5);
        Assert.Equal(EvacuationStatus.Completed, fleet.State.Status);
        Assert.Equal(EvacuationVmStatus.Moved, fleet.Of(late).Status);
    }

    [Fact]
    public void An_old_report_that_still_shows_a_moved_VM_brings_nothing_back_and_a_new_one_does()
    {
        var fleet = Fleet(2).Begin();
        var (vm, other) = (fleet.Vms.Values.First(), fleet.Moves.Last());
        fleet.EndMove(fleet.Moves.First(m => m.VmId == vm.Id).OperationId, OperationStatus.Succeeded);
        fleet.Look(1);

        fleet.Vms[vm.Id] = fleet.Vms[vm.Id] with { HostId = EvacuationFleet.Source, ObservedAt = fleet.Now };
        fleet.Look(1);
        Assert.Equal(EvacuationVmStatus.Moved, fleet.Of(vm).Status);

        fleet.Vms[vm.Id] = fleet.Vms[vm.Id] with { ObservedAt = fleet.Now.AddMinutes(3) };
        fleet.Look(200);
        Assert.Equal((EvacuationVmStatus.Moving, 2), (fleet.Of(vm).Status, fleet.Of(vm).Attempts));
    }

    [Fact]
    public void While_paused_nothing_begins_and_the_deadline_waits_too()
    {
        var fleet = Fleet(4, new() { TimeoutSeconds = 100 }).Begin();
        fleet.Pause().EndMoves(OperationStatus.Succeeded).Look(1000);
        Assert.Equal((2, EvacuationStatus.Paused), (fleet.Moves.Count(), fleet.State.Status));

        fleet.Resume().Look();
        Assert.Equal((4, EvacuationStatus.Running), (fleet.Moves.Count(), fleet.State.Status));
        fleet.EndMoves(OperationStatus.Succeeded).Look();
        Assert.Equal(EvacuationStatus.Completed, fleet.State.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cancel_waits_for_the_moves_on_their_way_and_cancels_them_only_if_asked(bool cancelMoves)
    {
        var fleet = Fleet(4).Begin();
        fleet.Cancel(cancelMoves).Look(1);

        Assert.Equal(EvacuationStatus.Cancelling, fleet.State.Status);
        Assert.Equal(cancelMoves ? 2 : 0, fleet.Effects.OfType<CancelMove>().Count());
        fleet.EndMoves(cancelMoves ? OperationStatus.Cancelled : OperationStatus.Succeeded).Look(1).Look(1);

        Assert.Equal(EvacuationStatus.Cancelled, End(fleet)!.Status);
        Assert.Equal(2, fleet.Moves.Count());
        Assert.Equal(cancelMoves ? 0 : 2, End(fleet)!.Vms.Count(v => v.Status == EvacuationVmStatus.Moved));
        Assert.Equal(cancelMoves ? 4 : 2, End(fleet)!.Vms.Count(v => v.Status == EvacuationVmStatus.NotMoved));
    }

    [Fact]
    public void After_the_deadline_nothing_begins_and_a_move_in_doubt_does_not_hold_the_end_for_ever()
    {
        var fleet = Fleet(3, new() { TimeoutSeconds = 60, MaxConcurrent = 1 }).Begin();
        fleet.SetMove(fleet.Moves.Single().OperationId, OperationStatus.InDoubt);

        fleet.Look(61);
        Assert.False(fleet.State.IsOver);
        Assert.Equal(["Failed", "Failed", "Moving"], fleet.State.Vms.Select(v => v.Status.ToString()).Order());

        fleet.Look(fleet.Timings.Grace.TotalSeconds);
        Assert.Equal(EvacuationStatus.CompletedWithFailures, fleet.State.Status);
        Assert.Equal(["evacuation-timeout", "evacuation-timeout", "move-unresolved"], fleet.State.Vms.Select(v => v.Error!.Code).Order());
        var unresolved = fleet.State.Vms.Single(v => v.Error!.Code == "move-unresolved");
        Assert.Contains($"/v1/migrations/{unresolved.OperationId}", unresolved.Error!.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_VM_that_another_operation_never_lets_go_is_reported_with_that_operation()
    {
        var fleet = Fleet(1, new() { TimeoutSeconds = 60 });
        var (held, by) = (fleet.Vms.Values.First(), OperationId.New());
        fleet.Vms[held.Id] = held with { BusyWith = by };
        fleet.Begin().Look(30);
        Assert.False(fleet.State.IsOver);

        fleet.Look(31);
        Assert.Equal(EvacuationStatus.CompletedWithFailures, fleet.State.Status);
        var error = fleet.Of(held).Error!;
        Assert.Equal("evacuation-timeout", error.Code);
        Assert.Contains(by.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains($"/v1/operations/{by}", error.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_with_nothing_on_it_is_done_at_once()
    {
        var fleet = Fleet(0).Begin();
        Assert.Equal((EvacuationStatus.Completed, 0), (End(fleet)!.Status, End(fleet)!.Vms.Count));
        Assert.Empty(fleet.Moves);
    }

    [Fact]
    public void A_source_that_is_down_blocks_visibly_and_costs_no_attempt()
    {
        var fleet = Fleet();
        var alpha = fleet.Hosts[EvacuationFleet.Source];
        fleet.Hosts[alpha.Id] = alpha with { Status = "AgentSilent" };
        fleet.Begin().Look(100).Look(100);
        Assert.Equal(("host-agent-down", 0), (fleet.State.Blocked!.Code, fleet.State.Vms[0].Attempts));

        fleet.Hosts[alpha.Id] = alpha;
        fleet.Look(5).EndMoves(OperationStatus.Succeeded).Look(5);
        Assert.Equal(EvacuationStatus.Completed, fleet.State.Status);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Whatever_happens_every_evacuation_ends_with_each_VM_reported_once_and_within_its_limits(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 100; round++)
        {
            var fleet = Fleet(random.Next(15), new() { MaxConcurrent = random.Next(1, 5), MaxAttempts = random.Next(1, 4), TimeoutSeconds = 3600 }).Begin();
            OperationStatus[] ends = [OperationStatus.Succeeded, OperationStatus.RolledBack, OperationStatus.Failed, OperationStatus.Cancelled];
            for (var step = 0; !fleet.State.IsOver; step++)
            {
                Assert.True(step < 3000, "it does not end");
                var open = fleet.State.Vms.Where(v => v.Status == EvacuationVmStatus.Moving).ToList();
                Assert.True(open.Count <= fleet.Settings.MaxConcurrent);
                switch (random.Next(12))
                {
                    case < 5 when open.Count > 0:
                        fleet.EndMove(open[random.Next(open.Count)].OperationId!.Value, ends[random.Next(ends.Length)], EvacuationFleet.Error("broken"));
                        break;
                    case 5 when fleet.Vms.Count is > 0 and < 25:
                        fleet.Vm($"late-{step}");
                        break;
                    case 6 when open.Count > 0:
                        fleet.SetMove(open[0].OperationId!.Value, OperationStatus.InDoubt);
                        break;
                    case 7:
                        fleet.Pause();
                        break;
                    case 8 or 9:
                        fleet.Resume();
                        break;
                    case 10 when random.Next(20) == 0:
                        fleet.Cancel(random.Next(2) == 0);
                        break;
                }

                fleet.Look(random.Next(30));
            }

            var end = End(fleet)!;
            Assert.Equal(end.Vms.Count, end.Vms.Select(v => v.VmId).Distinct().Count());
            Assert.All(end.Vms, v => Assert.True(v.Attempts <= fleet.Settings.MaxAttempts && v.Status is not (EvacuationVmStatus.Waiting or EvacuationVmStatus.Moving)));
            Assert.Equal(end.Status == EvacuationStatus.CompletedWithFailures, end.Status != EvacuationStatus.Cancelled && end.Vms.Any(v => v.Status == EvacuationVmStatus.Failed));
        }
    }
}
