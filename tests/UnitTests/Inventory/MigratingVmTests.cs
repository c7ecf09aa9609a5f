using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory.Vms;
using Xunit;
using static HvPlatform.UnitTests.Inventory.Fleet;

namespace HvPlatform.UnitTests.Inventory;

/// <summary>A migration seen through the two hosts' messages and the saga's, in the orders they really come in.</summary>
public sealed class MigratingVmTests
{
    readonly Fleet fleet = new Fleet().Observed(A, 5).MigrationStarted(A, B);

    [Fact]
    public void Being_on_both_hosts_is_no_duplicate_while_the_migration_runs()
    {
        fleet.Observed(B, 1, VmState.Paused).Observed(B, 2);
        Assert.Equal("VmStateChanged", fleet.Last);
        Assert.False(fleet.Vm!.DuplicateRunning);
        Assert.Equal(A, fleet.Vm.HostId);
    }

    [Fact]
    public void The_usual_order_moves_the_VM_once()
    {
        fleet.Observed(B, 1, VmState.Paused).Observed(A, 6, VmState.Paused).Observed(B, 2).Gone(A, 7, "lifecycle:undefined/removed").MigrationCompleted(A, B);
        AssertMovedOnce();
    }

    [Fact]
    public void Gone_from_the_source_before_the_destination_was_heard_is_neither_missing_nor_deleted()
    {
        fleet.Gone(A, 6);
        Assert.Equal("VmPlacementRemoved", fleet.Last);
        Assert.Equal(((DateTimeOffset?)null, (DateTimeOffset?)null), (fleet.Vm!.MissingSince, fleet.Vm.DeletedAt));
        fleet.Observed(B, 1).MigrationCompleted(A, B);
        AssertMovedOnce();
    }

    [Fact]
    public void The_sagas_word_comes_before_either_host_is_heard()
    {
        fleet.MigrationCompleted(A, B);
        Assert.Equal("VmMigrationCompleted VmMoved", fleet.Last);
        Assert.Equal((B, VmState.Running, true), (fleet.Vm!.HostId, fleet.Vm.Info.State, fleet.Vm.Migration is null));
        fleet.Gone(A, 6).Observed(B, 1);
        AssertMovedOnce();
    }

    [Fact]
    public void What_the_source_said_before_the_end_is_no_second_copy_afterwards()
    {
        var before = fleet.Now;
        fleet.Observed(B, 1).MigrationCompleted(A, B);
        var late = new VmObserved { HostId = A, Vm = Info(), Generation = 6, ObservedAt = before };
        var change = VmRules.Observe(fleet.Vm, late, 0, null, fleet.Now.AddSeconds(1));
        Assert.DoesNotContain(change.Events, e => e is VmDuplicateDetected);
        Assert.Equal(B, change.After!.HostId);
    }

    [Fact]
    public void A_complete_report_of_the_source_without_the_VM_changes_nothing_while_the_migration_runs() => Assert.Equal("", fleet.Absent(A, 6).Last);

    [Fact]
    public void A_report_begun_before_the_destination_got_the_VM_does_not_make_it_missing()
    {
        var before = fleet.Now;
        fleet.MigrationCompleted(A, B);
        var change = VmRules.Absent(fleet.Vm!, B, 3, before, fleet.Now.AddSeconds(1));
        Assert.Empty(change.Events);
    }

    [Fact]
    public void A_cancelled_migration_leaves_the_VM_where_it_was()
    {
        fleet.Observed(B, 1, VmState.Paused).MigrationRolledBack(A, B);
        Assert.Equal("VmMigrationRolledBack", fleet.Last);
        fleet.Gone(B, 2);
        Assert.Equal("VmPlacementRemoved", fleet.Last);
        Assert.Equal((A, VmState.Running), (fleet.Vm!.HostId, fleet.Vm.Info.State));
        Assert.Null(fleet.Vm.OperationId);
    }

    [Fact]
    public void A_VM_on_no_host_after_a_migration_that_did_not_complete_is_missing_not_deleted()
    {
        fleet.Gone(A, 6).MigrationRolledBack(A, B);
        Assert.Equal("VmMigrationRolledBack VmMarkedMissing", fleet.Last);
        Assert.NotNull(fleet.Vm!.MissingSince);
        Assert.Equal("VmReturned", fleet.Observed(A, 7).Last);
    }

    [Fact]
    public void A_third_running_copy_is_a_duplicate_even_during_a_migration()
    {
        var c = new HostId(Guid.Parse("cccccccc-0000-0000-0000-000000000003"));
        fleet.Observed(c, 1).HostReported(A, 90).HostReported(B, 90).Observed(c, 2);
        Assert.Contains(fleet.Events, e => e is VmDuplicateDetected);
    }

    void AssertMovedOnce()
    {
        Assert.Single(fleet.Events.OfType<VmMoved>());
        Assert.DoesNotContain(fleet.Events, e => e is VmDeleted or VmReturned or VmMarkedMissing or VmDuplicateDetected);
        Assert.Single(fleet.Events.OfType<VmDiscovered>());
        Assert.Equal((B, VmState.Running), (fleet.Vm!.HostId, fleet.Vm.Info.State));
        Assert.Null(fleet.Vm.Migration);
        Assert.Equal([B], fleet.Vm.Placements.Where(p => p.IsPresent).Select(p => p.HostId));
    }
}
