using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.TestKit;
using Xunit;
using static HvPlatform.IntegrationTests.Inventory.InventoryFixture;

namespace HvPlatform.IntegrationTests.Inventory;

/// <summary>Six bugs that inventories of this kind are known to have, each made impossible here: one test per bug, through the bus and the database.</summary>
public sealed class ReportedInventoryBugsTests
{
    [Theory]
    [InlineData(HostReportOutcome.Complete)]
    [InlineData(HostReportOutcome.Failed)]
    [InlineData(HostReportOutcome.Partial)]
    public async Task Bug_1_an_empty_scan_marks_every_VM_deleted(HostReportOutcome outcome)
    {
        await using var inventory = await StartAsync(settings: new() { ["Hv:Inventory:MissingGrace"] = "00:00:00" });
        var (host, one, two) = (NewHost(), NewVm(), NewVm());
        await inventory.TellAsync(Report(host, 10, Vm(one), Vm(two, "db-1")));
        await inventory.TellAsync(Report(host, 11) with { Outcome = outcome });
        await inventory.TellAsync(Report(host, 12) with { Outcome = outcome });
        await inventory.SweepAsync();
        Assert.Equal("2 | 0", await inventory.TextAsync("SELECT count(*), count(deleted_at) FROM vms"));
        Assert.DoesNotContain("deleted", await inventory.HistoryAsync(one.Value));
    }

    [Fact]
    public async Task Bug_2_a_returning_VM_violates_the_unique_key()
    {
        await using var inventory = await StartAsync();
        var (host, vm) = (NewHost(), NewVm());
        await inventory.TellAsync(Report(host, 10, Vm(vm, state: VmState.Off)));
        await inventory.TellAsync(Gone(host, 11, vm));
        Assert.Equal("", await inventory.TextAsync("SELECT name FROM vm_view WHERE deleted_at IS NULL"));
        await inventory.TellAsync(Report(host, 12, Vm(vm)));
        Assert.Equal("web-1 | Running | 4", await inventory.TextAsync("SELECT name, state, version FROM vm_view WHERE deleted_at IS NULL"));
        Assert.Equal("vm_discovered vm_placement_removed vm_deleted vm_returned", await inventory.HistoryAsync(vm.Value));
    }

    [Fact]
    public async Task Bug_3_a_lookup_error_is_taken_for_not_found()
    {
        await using var inventory = await StartAsync();
        var (host, vm) = (NewHost(), NewVm());
        await inventory.TellAsync(Report(host, 10, Vm(vm)));
        await inventory.ExecuteAsync("ALTER TABLE placements RENAME TO placements_away");
        await inventory.PublishAsync(Observed(host, 11, Vm(vm, state: VmState.Paused)));
        await Eventually.Until(async () => await inventory.ScalarAsync<long>("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()") > 0, "an attempt failed");
        Assert.Equal("vm_discovered", await inventory.HistoryAsync(vm.Value));
        await inventory.ExecuteAsync("ALTER TABLE placements_away RENAME TO placements");
        await Eventually.Until(async () => await inventory.TextAsync("SELECT state FROM vm_view") == "Paused", "the retry worked on it");
        Assert.Equal("vm_discovered vm_state_changed", await inventory.HistoryAsync(vm.Value));
    }

    [Fact]
    public async Task Bug_4_a_state_update_by_VM_id_alone_hits_every_host()
    {
        await using var inventory = await StartAsync();
        var (a, b, vm) = (NewHost(), NewHost(), NewVm());
        await inventory.TellAsync(Report(a, 10, Vm(vm)));
        await inventory.TellAsync(Report(b, 10, Vm(vm, state: VmState.Off)));
        await inventory.TellAsync(Observed(b, 11, Vm(vm, state: VmState.Saved)));
        Assert.Equal("Running", await inventory.TextAsync($"SELECT state FROM placement_view WHERE host_id = '{a}'"));
        Assert.Equal("Saved", await inventory.TextAsync($"SELECT state FROM placement_view WHERE host_id = '{b}'"));
        Assert.Equal($"Running | {a}", await inventory.TextAsync("SELECT state, host_id FROM vm_view"));
    }

    [Fact]
    public async Task Bug_5_a_migration_looks_like_delete_and_create()
    {
        await using var inventory = await StartAsync();
        var (a, b, vm, id) = (NewHost(), NewHost(), NewVm(), OperationId.New());
        await inventory.TellAsync(Report(a, 10, Vm(vm)));
        await inventory.TellAsync(Migrations.Started(id, vm, a, b));
        await inventory.TellAsync(Gone(a, 11, vm));
        await inventory.TellAsync(Report(a, 12));
        await inventory.TellAsync(Observed(b, 7, Vm(vm), "lifecycle:started/migrated"));
        await inventory.TellAsync(Migrations.Completed(id, vm, a, b));
        Assert.Equal($"{b} | Running | - | -", await inventory.TextAsync("SELECT host_id, state, missing_since, deleted_at FROM vm_view"));
        Assert.Equal(
            "vm_discovered vm_migration_started vm_placement_removed vm_placement_added vm_moved vm_migration_completed",
            await inventory.HistoryAsync(vm.Value));
    }

    [Fact]
    public async Task Bug_6_partial_failure_returns_success()
    {
        await using var inventory = await StartAsync();
        var (host, one, two) = (NewHost(), NewVm(), NewVm());
        await inventory.TellAsync(Registered(host));
        await inventory.TellAsync(Report(host, 10, Vm(one), Vm(two, "db-1")));
        await inventory.TellAsync(Report(host, 11, Vm(one, state: VmState.Off)) with { Outcome = HostReportOutcome.Partial, Error = Error("vm-unreadable") });
        Assert.Equal("Partial | vm-unreadable | 1", await inventory.TextAsync("SELECT report_outcome, report_error->>'code', report_vms FROM host_view"));
        Assert.Equal("host_joined host_report_failed", await inventory.HistoryAsync(host.Value));
        Assert.Equal("db-1 | Running | - | 10\nweb-1 | Off | - | 11", await inventory.TextAsync("SELECT name, state, missing_since, generation FROM vm_view ORDER BY name"));
    }
}
