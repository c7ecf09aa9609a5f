using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory.Vms;
using Xunit;
using static HvPlatform.UnitTests.Inventory.Fleet;

namespace HvPlatform.UnitTests.Inventory;

public sealed class VmRulesTests
{
    static readonly TimeSpan s_grace = TimeSpan.FromMinutes(10);
    readonly Fleet fleet = new();

    [Fact]
    public void A_VM_never_seen_before_is_discovered()
    {
        fleet.Observed(A, 5);
        Assert.Equal("VmDiscovered", fleet.Last);
        Assert.Equal((A, 1L, VmState.Running), (fleet.Vm!.HostId, fleet.Vm.Version, fleet.Vm.Info.State));
    }

    [Fact]
    public void Seeing_the_same_again_is_no_event_but_raises_the_generation()
    {
        fleet.Observed(A, 5).Observed(A, 6);
        Assert.Equal("", fleet.Last);
        Assert.Equal(6, fleet.Vm!.On(A)!.Generation);
        Assert.Equal(1, fleet.Vm.Version);
    }

    [Fact]
    public void An_observation_older_than_a_known_one_is_dropped()
    {
        fleet.Observed(A, 5).Observed(A, 7, VmState.Off).Observed(A, 6);
        Assert.Equal("", fleet.Last);
        Assert.Equal(VmState.Off, fleet.Vm!.Info.State);
    }

    [Fact]
    public void An_observation_of_an_unknown_VM_older_than_the_hosts_complete_report_is_an_echo()
    {
        fleet.Observed(A, 5, hostGeneration: 6);
        Assert.Null(fleet.Vm);
        Assert.Empty(fleet.Events);
    }

    [Fact]
    public void A_complete_report_outdates_older_observations_of_a_VM_it_confirmed()
    {
        fleet.Observed(A, 5).HostReported(A, 9).Observed(A, 8, VmState.Off);
        Assert.Equal("", fleet.Last);
        Assert.Equal(VmState.Running, fleet.Vm!.Info.State);
    }

    [Fact]
    public void An_observation_from_before_the_VM_went_does_not_bring_it_back()
    {
        fleet.Observed(A, 5, VmState.Off).Gone(A, 7).Observed(A, 6);
        Assert.Equal("", fleet.Last);
        Assert.NotNull(fleet.Vm!.DeletedAt);
    }

    [Fact]
    public void A_state_change_keeps_what_the_hypervisor_said_and_who_asked()
    {
        fleet.Observed(A, 5).MigrationStarted(A, B).Observed(A, 6, VmState.Paused, "lifecycle:suspended/migrated");
        var e = Assert.IsType<VmStateChanged>(fleet.Events[^1]);
        Assert.Equal((VmState.Running, VmState.Paused, "lifecycle:suspended/migrated", Operation, "alice"), (e.From, e.To, e.Cause, e.OperationId, e.Trail?.RequestedBy));
    }

    [Fact]
    public void A_changed_configuration_names_what_changed()
    {
        fleet.Observed(A, 5).Observed(A, 6, info: Info() with { MemoryMiB = 2048, Nics = [] });
        Assert.Equal(["memoryMiB", "nics"], Assert.IsType<VmReconfigured>(fleet.Events[^1]).Changed);
        Assert.Equal(2048, fleet.Vm!.Info.MemoryMiB);
    }

    [Fact]
    public void Growing_disk_files_and_a_new_epoch_are_no_reconfiguration()
    {
        var info = Info();
        fleet.Observed(A, 5, info: info).Observed(A, 6, info: info with { Disks = [info.Disks[0] with { AllocatedBytes = 99 }], Epoch = 7 });
        Assert.Equal("", fleet.Last);
    }

    [Fact]
    public void The_hypervisors_explicit_word_deletes_softly()
    {
        fleet.Observed(A, 5, VmState.Off).Gone(A, 6);
        Assert.Equal("VmPlacementRemoved VmDeleted", fleet.Last);
        Assert.Equal(fleet.Now, fleet.Vm!.DeletedAt);
    }

    [Fact]
    public void A_delete_that_succeeded_deletes_without_the_hosts_other_word()
    {
        fleet.Observed(A, 5, VmState.Off).Deleted(A);
        Assert.Equal("VmPlacementRemoved VmDeleted VmOperationSucceeded", fleet.Last);
        Assert.Equal("", fleet.Gone(A, 6).Last);
        Assert.Equal("", fleet.Observed(A, 5, VmState.Off).Last);
        Assert.Equal("VmReturned", fleet.Observed(A, 7, VmState.Off).Last);
    }

    [Fact]
    public void A_delete_that_succeeded_ends_the_absence_from_reports() =>
        Assert.Equal("VmPlacementRemoved VmDeleted VmOperationSucceeded", fleet.Observed(A, 5, VmState.Off).Absent(A, 6).Deleted(A).Last);

    [Fact]
    public void A_delete_on_one_host_leaves_the_copy_on_another() =>
        Assert.Equal("VmPlacementRemoved VmMoved VmOperationSucceeded", fleet.Observed(A, 5, VmState.Off).Observed(B, 1, VmState.Off).Deleted(A).Last);

    [Fact]
    public void A_deleted_VM_that_comes_back_goes_on_with_its_history()
    {
        fleet.Observed(A, 5, VmState.Off).Gone(A, 6).Observed(B, 1, VmState.Running);
        Assert.Equal("VmReturned", fleet.Last);
        Assert.Null(fleet.Vm!.DeletedAt);
        Assert.Equal((B, 4L), (fleet.Vm.HostId, fleet.Vm.Version));
    }

    [Fact]
    public void A_VM_missing_from_a_complete_report_is_marked_once_and_not_deleted()
    {
        fleet.Observed(A, 5).Absent(A, 6);
        Assert.Equal("VmMarkedMissing", fleet.Last);
        Assert.Equal((fleet.Now, (DateTimeOffset?)null), (fleet.Vm!.MissingSince, fleet.Vm.DeletedAt));
        Assert.Equal("", fleet.Absent(A, 7).Last);
    }

    [Fact]
    public void A_report_not_newer_than_the_observation_says_nothing_about_absence() => Assert.Equal("", fleet.Observed(A, 5).Absent(A, 5).Last);

    [Fact]
    public void A_missing_VM_returns_with_its_history()
    {
        fleet.Observed(A, 5).Absent(A, 6).Observed(A, 7);
        Assert.Equal("VmReturned", fleet.Last);
        Assert.Null(fleet.Vm!.MissingSince);
    }

    [Fact]
    public void The_grace_period_deletes_only_what_complete_reports_lacked_all_along()
    {
        fleet.Observed(A, 5).Absent(A, 6).Wait(s_grace);
        Assert.Equal("", fleet.GraceElapsed(s_grace).Last);
        Assert.Equal("", fleet.HostReported(A, 7, withVms: false).GraceElapsed(s_grace).Last);
        Assert.Equal("VmDeleted", fleet.HostReported(A, 8).GraceElapsed(s_grace).Last);
        Assert.NotNull(fleet.Vm!.DeletedAt);
    }

    [Fact]
    public void Evidence_from_before_the_grace_period_ended_is_not_enough() =>
        Assert.Equal("", fleet.Observed(A, 5).Absent(A, 6).HostReported(A, 7).Wait(s_grace).GraceElapsed(s_grace).Last);

    [Fact]
    public void A_VM_that_turns_up_on_another_host_while_missing_has_moved()
    {
        fleet.Observed(A, 5).Absent(A, 6).Observed(B, 1);
        Assert.Equal("VmPlacementAdded VmPlacementRemoved VmMoved", fleet.Last);
        Assert.Equal((B, (DateTimeOffset?)null), (fleet.Vm!.HostId, fleet.Vm.MissingSince));
    }

    [Fact]
    public void A_VM_that_migrated_away_outside_the_platform_is_on_its_way_not_deleted()
    {
        fleet.Observed(A, 5).Observed(A, 6, VmState.Off, "lifecycle:stopped/migrated").Gone(A, 7);
        Assert.Equal("VmMarkedMissing", fleet.Last);
        fleet.Observed(B, 1, cause: "lifecycle:started/migrated");
        Assert.Equal("VmPlacementAdded VmPlacementRemoved VmMoved", fleet.Last);
        Assert.DoesNotContain(fleet.Events, e => e is VmDeleted);
    }

    [Fact]
    public void A_VM_that_migrated_here_and_is_undefined_later_is_deleted() =>
        Assert.Equal("VmPlacementRemoved VmDeleted", fleet.Observed(A, 5, cause: "lifecycle:started/migrated").Gone(A, 6).Last);

    [Fact]
    public void Running_on_two_hosts_without_a_migration_is_flagged_until_one_stops()
    {
        fleet.Observed(A, 5).Observed(B, 1);
        Assert.Equal("VmPlacementAdded", fleet.Last);
        fleet.HostReported(A, 6).Observed(B, 2);
        Assert.Equal("VmDuplicateDetected", fleet.Last);
        Assert.Equal([A, B], Assert.IsType<VmDuplicateDetected>(fleet.Events[^1]).HostIds);
        Assert.True(fleet.Vm!.DuplicateRunning);
        fleet.Observed(B, 3, VmState.Off);
        Assert.Equal("VmStateChanged VmDuplicateResolved", fleet.Last);
        Assert.False(fleet.Vm!.DuplicateRunning);
    }

    [Fact]
    public void The_switch_over_of_a_migration_by_hand_is_no_duplicate()
    {
        fleet.Observed(A, 5).Observed(B, 1, VmState.Paused, "lifecycle:started/migrated").HostReported(A, 6).HostReported(B, 2);
        fleet.Observed(B, 3, cause: "lifecycle:resumed/migrated").Observed(B, 4);
        Assert.False(fleet.Vm!.DuplicateRunning);
        fleet.Observed(A, 7, VmState.Off, "lifecycle:stopped/migrated").Gone(A, 8).HostReported(B, 5).Observed(B, 6);
        Assert.DoesNotContain(fleet.Events, e => e is VmDuplicateDetected);
        Assert.Equal(B, fleet.Vm!.HostId);
    }

    [Fact]
    public void The_VM_lives_where_it_runs()
    {
        fleet.Observed(A, 5, VmState.Off).Observed(B, 1);
        Assert.Equal("VmPlacementAdded VmMoved", fleet.Last);
        Assert.Equal(B, fleet.Vm!.HostId);
    }

    [Fact]
    public void Versions_of_a_VM_never_run_backwards_when_the_clock_does()
    {
        fleet.Observed(A, 5);
        var before = fleet.Vm!;
        var change = VmRules.Observe(before, new VmObserved { HostId = A, Vm = Info(VmState.Off), Generation = 6, ObservedAt = fleet.Now }, 0, null, fleet.Now.AddHours(-1));
        Assert.True(change.At > before.ChangedAt);
        Assert.Equal(change.At, change.After!.ChangedAt);
    }
}
