using HvPlatform.Contracts;
using Xunit;
using static HvPlatform.IntegrationTests.Inventory.InventoryFixture;

namespace HvPlatform.IntegrationTests.Inventory;

/// <summary>What the read models and the history say of a migration besides its phases.</summary>
public sealed class MigrationCourseTests : IAsyncLifetime
{
    readonly (HostId A, HostId B, VmId Vm, OperationId Id) it = (NewHost(), NewHost(), NewVm(), OperationId.New());
    InventoryFixture inventory = null!;

    public async ValueTask InitializeAsync()
    {
        inventory = await StartAsync();
        await inventory.TellAsync(Registered(it.A));
        await inventory.TellAsync(Report(it.A, 10, Vm(it.Vm)));
        await inventory.TellAsync(Migrations.Started(it.Id, it.Vm, it.A, it.B));
    }

    public ValueTask DisposeAsync() => inventory.DisposeAsync();

    Task<string> RowAsync(string columns) => inventory.TextAsync($"SELECT {columns} FROM migrations");

    [Fact]
    public async Task Progress_never_goes_backwards_or_past_the_whole()
    {
        var start = TimeProvider.System.GetUtcNow();
        Task TellAsync(double percent, double seconds) => inventory.TellAsync(Migrations.Progressed(it.Id, it.Vm, it.A, percent, start.AddSeconds(seconds)));
        Task<string> PercentAsync() => RowAsync("progress ->> 'percent', progress ->> 'transferredBytes'");

        await TellAsync(40, 1);
        await TellAsync(60, 2);
        Assert.Equal("60 | 60", await PercentAsync());
        await TellAsync(50, 1.5);
        Assert.Equal("60 | 60", await PercentAsync());

        // The transfer began again, or the agent that counts it: later, and less.
        await TellAsync(5, 10);
        Assert.Equal("60 | 60", await PercentAsync());
        Assert.Equal((start.AddSeconds(10).UtcDateTime - DateTime.UnixEpoch).Ticks / 10, await inventory.ScalarAsync<long>("SELECT (extract(epoch FROM progress_at) * 1000000)::bigint FROM migrations"));
        await TellAsync(130, 11);
        Assert.Equal("100 | 130", await PercentAsync());

        await inventory.TellAsync(Migrations.Completed(it.Id, it.Vm, it.A, it.B));
        await TellAsync(100, 20);
        Assert.Equal("100 | 130", await PercentAsync());
    }

    [Fact]
    public async Task The_end_of_a_transfer_is_shown_however_soon_it_comes()
    {
        var start = TimeProvider.System.GetUtcNow();
        await inventory.TellAsync(Migrations.Progressed(it.Id, it.Vm, it.A, 90, start));
        await inventory.TellAsync(Migrations.Progressed(it.Id, it.Vm, it.A, 95, start.AddMilliseconds(100)));
        Assert.Equal("90", await RowAsync("progress ->> 'percent'"));
        await inventory.TellAsync(Migrations.Progressed(it.Id, it.Vm, it.A, 100, start.AddMilliseconds(200)));
        Assert.Equal("100", await RowAsync("progress ->> 'percent'"));
    }

    [Fact]
    public async Task The_forecast_and_what_is_left_behind_are_kept()
    {
        await inventory.TellAsync(Migrations.Forecasted(it.Id, it.Vm));
        await inventory.TellAsync(Migrations.Completed(it.Id, it.Vm, it.A, it.B));
        Assert.Equal("It converges. | 1500 | /images/web-1.qcow2", await RowAsync("forecast ->> 'verdict', forecast ->> 'totalP90Ms', array_to_string(left_on_source, ',')"));
        Assert.Equal("operation_began operation_forecast operation_ended", await inventory.HistoryAsync(it.Id.Value));
    }

    [Fact]
    public async Task A_doubt_and_the_word_that_ended_it_are_in_the_history_with_who_and_why()
    {
        await inventory.TellAsync(Migrations.InDoubt(it.Id, it.Vm, it.B));
        Assert.Equal("InDoubt | where it runs | true", await RowAsync("status, unknown, (in_doubt_since IS NOT NULL)::text"));
        await inventory.TellAsync(Migrations.ResolveRejected(it.Id, it.Vm));
        await inventory.TellAsync(Migrations.Resolved(it.Id, it.Vm));
        await inventory.TellAsync(Migrations.RolledBack(it.Id, it.Vm, it.A, it.B));

        Assert.Equal("- | - | OnSource | alice", await RowAsync("unknown, in_doubt_since, resolution ->> 'resolution', resolution -> 'trail' ->> 'requestedBy'"));
        Assert.Equal(
            "operation_began operation_went_in_doubt operation_resolve_refused operation_resolved_by_operator operation_ended", await inventory.HistoryAsync(it.Id.Value));
        Assert.Equal("maintenance | where it runs", await inventory.TextAsync(
            "SELECT data -> 'trail' ->> 'reason', data ->> 'unknown' FROM mt_events WHERE type = 'operation_resolved_by_operator'"));
    }

    [Fact]
    public async Task A_command_with_an_old_epoch_is_in_the_vms_history()
    {
        await inventory.TellAsync(Migrations.Fenced(OperationId.New(), it.Vm, it.A));
        await inventory.TellAsync(Migrations.Fenced(OperationId.New(), NewVm(), it.A));
        Assert.Equal("vm_discovered vm_migration_started vm_command_fenced", await inventory.HistoryAsync(it.Vm.Value));
        Assert.Equal("TransferVm | 3 | 4", await inventory.TextAsync("SELECT data ->> 'command', data ->> 'epoch', data ->> 'highestEpoch' FROM mt_events WHERE type = 'vm_command_fenced'"));
    }

    [Fact]
    public async Task A_vm_that_moved_cold_is_off_on_its_new_host()
    {
        await inventory.TellAsync(Migrations.Completed(it.Id, it.Vm, it.A, it.B) with { State = VmState.Off });
        Assert.Equal($"Off | {it.B}", await inventory.TextAsync("SELECT state, host_id FROM vm_view"));
    }

    [Fact]
    public async Task Two_hosts_are_said_to_run_it_only_when_both_have_said_so_again()
    {
        var other = NewVm();
        await inventory.TellAsync(Registered(it.B, "host-b"));
        await inventory.TellAsync(Report(it.A, 11, Vm(it.Vm), Vm(other, "web-2")));
        await inventory.TellAsync(Report(it.B, 10, Vm(other, "web-2")));
        async Task<bool> TwiceAsync() => await inventory.ScalarAsync<bool>($"SELECT duplicate_running FROM vms WHERE vm_id = '{other}'");
        Assert.False(await TwiceAsync());
        await inventory.TellAsync(Report(it.A, 12, Vm(it.Vm), Vm(other, "web-2")));
        Assert.False(await TwiceAsync());
        await inventory.TellAsync(Report(it.B, 11, Vm(other, "web-2")));
        Assert.True(await TwiceAsync());
    }
}
