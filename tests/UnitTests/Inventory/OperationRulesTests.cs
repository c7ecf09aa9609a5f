using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Inventory;
using HvPlatform.Inventory.Operations;
using Xunit;
using static HvPlatform.UnitTests.Inventory.Fleet;

namespace HvPlatform.UnitTests.Inventory;

public sealed class OperationRulesTests
{
    static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    OperationRecord? operation;
    DateTimeOffset now = s_start;

    [Fact]
    public void A_migration_from_request_to_completion()
    {
        Take(OperationRules.Requested(operation, Accepted(), Next()));
        Assert.Equal(OperationStatus.Accepted, operation!.Status);
        Take(OperationRules.Began(operation, Started(1), Next()));
        Take(OperationRules.Entered(operation, Phase(MigrationPhase.Requested, MigrationPhase.Preflight, 2), Next()));
        Assert.Equal((OperationStatus.Running, MigrationPhase.Preflight), (operation!.Status, operation.Phase));
        Take(OperationRules.Ended(operation, Completed(), Next()));
        Assert.Equal((OperationStatus.Succeeded, MigrationPhase.Completed, 300L, 42L), (operation!.Status, operation.Phase, operation.TotalMs, operation.DowntimeMs));
        Assert.Equal([(MigrationPhase.Requested, 100L), (MigrationPhase.Preflight, 200L), (MigrationPhase.Completed, null)], operation.Phases.Select(p => (p.Phase, p.Ms)));
        Assert.Equal("alice", operation.Trail!.RequestedBy);
    }

    [Fact]
    public void There_is_one_terminal_event()
    {
        Take(OperationRules.Ended(operation, Completed(), Next()));
        Assert.Null(OperationRules.Ended(operation, Completed(), Next()).Event);
    }

    [Fact]
    public void A_late_phase_or_acceptance_does_not_undo_the_end()
    {
        Take(OperationRules.Ended(operation, Completed(), Next()));
        Take(OperationRules.Entered(operation, Phase(MigrationPhase.Finishing, MigrationPhase.Confirming, 9), Next()));
        Take(OperationRules.Requested(operation, Accepted(), Next()));
        Assert.Equal((OperationStatus.Succeeded, MigrationPhase.Completed), (operation!.Status, operation.Phase));
        Assert.Equal("alice", operation.Trail!.RequestedBy);
    }

    [Fact]
    public void Phases_that_come_out_of_order_are_listed_in_order_and_the_latest_counts()
    {
        Take(OperationRules.Entered(operation, Phase(MigrationPhase.Preflight, MigrationPhase.Reserving, 3), Next()));
        Take(OperationRules.Entered(operation, Phase(MigrationPhase.Requested, MigrationPhase.Preflight, 2), Next()));
        Assert.Equal(MigrationPhase.Reserving, operation!.Phase);
        Assert.Equal([MigrationPhase.Preflight, MigrationPhase.Reserving], operation.Phases.Select(p => p.Phase));
    }

    [Fact]
    public void Doubt_names_who_has_not_answered_and_ends_with_the_next_phase()
    {
        Take(OperationRules.InDoubt(operation, new() { OperationId = Operation, VmId = Id, UnansweredHostIds = [B], Since = now, Unknown = "x" }, Next()));
        Assert.Equal(OperationStatus.InDoubt, operation!.Status);
        Assert.Equal([B], operation.UnansweredHostIds);
        Take(OperationRules.Entered(operation, Phase(MigrationPhase.InDoubt, MigrationPhase.Finishing, 60), Next()));
        Assert.Equal(OperationStatus.Running, operation!.Status);
        Assert.Empty(operation.UnansweredHostIds);
    }

    [Fact]
    public void A_refused_command_is_a_failed_operation_with_the_reason()
    {
        var refused = new CommandRejected { OperationId = Operation, Command = "StartVm", VmId = Id, At = now, Error = new() { Kind = ErrorKind.NotFound, Code = "vm-not-found", Message = "No such VM." } };
        Take(OperationRules.Refused(operation, refused, Next()));
        Assert.Equal((OperationKind.StartVm, OperationStatus.Failed, "vm-not-found"), (operation!.Kind, operation.Status, operation.Error!.Code));
    }

    [Fact]
    public void A_refused_repeat_does_not_touch_the_accepted_operation()
    {
        Take(OperationRules.Requested(operation, Accepted(), Next()));
        var refused = new CommandRejected { OperationId = Operation, Command = "MigrateVm", VmId = Id, At = now, Error = new() { Kind = ErrorKind.Conflict, Code = "x", Message = "x" } };
        Take(OperationRules.Refused(operation, refused, Next()));
        Assert.Equal((OperationStatus.Accepted, 2L), (operation!.Status, operation.Version));
    }

    [Fact]
    public void A_refused_cancel_is_written_down_and_changes_nothing()
    {
        var m = new CancelRejected { OperationId = Operation, At = now, Error = new() { Kind = ErrorKind.InvalidState, Code = "too-late", Message = "Too late." } };
        Assert.Null(OperationRules.CancelRefused(null, m, now));
        Take(OperationRules.Requested(operation, Accepted(), Next()));
        Take(OperationRules.CancelRefused(operation, m, Next())!);
        Assert.Equal(OperationStatus.Accepted, operation!.Status);
    }

    [Fact]
    public void Every_event_of_the_history_is_registered_with_the_event_store()
    {
        var types = InventoryEvents.Types();
        Assert.All(HistoryEvents.All, t => Assert.NotEmpty(types.AliasOf(t)));
        var records = typeof(HistoryEvents).Assembly.GetTypes().Where(t => t.Namespace == typeof(HistoryEvents).Namespace && t.GetMethod("<Clone>$") is not null);
        Assert.Equal(records.Select(t => t.Name).Order(), HistoryEvents.All.Select(t => t.Name).Order());
    }

    static OperationAccepted Accepted() => new() { OperationId = Operation, Kind = OperationKind.MigrateVm, VmId = Id, HostId = A, DestinationHostId = B, Epoch = 1, Trail = Trail() };

    static MigrationStarted Started(int second) => new()
    {
        OperationId = Operation,
        VmId = Id,
        SourceHostId = A,
        DestinationHostId = B,
        Epoch = 1,
        Policy = new(),
        Trail = Trail(),
        At = s_start.AddSeconds(second),
    };

    static MigrationPhaseChanged Phase(MigrationPhase from, MigrationPhase to, int second) =>
        new() { OperationId = Operation, VmId = Id, From = from, To = to, At = s_start.AddSeconds(second) };

    static MigrationCompleted Completed() => new()
    {
        OperationId = Operation,
        VmId = Id,
        SourceHostId = A,
        DestinationHostId = B,
        At = s_start.AddSeconds(5),
        TotalMs = 300,
        Phases = [new() { Phase = MigrationPhase.Requested, Ms = 100 }, new() { Phase = MigrationPhase.Preflight, Ms = 200 }],
        DowntimeMs = 42,
        TransferredBytes = 1,
    };

    DateTimeOffset Next() => now = now.AddSeconds(1);

    void Take(OperationChange change) => operation = change.After;
}
