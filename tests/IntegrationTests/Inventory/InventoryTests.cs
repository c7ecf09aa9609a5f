using HvPlatform.Contracts;
using Xunit;
using static HvPlatform.IntegrationTests.Inventory.InventoryFixture;

namespace HvPlatform.IntegrationTests.Inventory;

/// <summary>Messages in, rows and events out, on a real PostgreSQL.</summary>
public sealed class InventoryTests
{
    [Fact]
    public async Task A_report_becomes_rows_and_one_event_per_new_VM()
    {
        await using var inventory = await StartAsync();
        var (host, one, two) = (NewHost(), NewVm(), NewVm());
        await inventory.TellAsync(Registered(host));
        await inventory.TellAsync(Report(host, 10, Vm(one), Vm(two, "db-1", VmState.Off, 4096)));

        Assert.Equal(
            "db-1 | Off | 4096 | host-a | True | 10 | False\nweb-1 | Running | 1024 | host-a | True | 10 | False",
            await inventory.TextAsync("SELECT name, state, memory_mib, host_name, simulated, generation, stale FROM vm_view ORDER BY name"));
        Assert.Equal("Online | 2 | 1 | 5120 | Complete", await inventory.TextAsync("SELECT status, vm_count, running_vm_count, assigned_memory_mib, report_outcome FROM host_view"));
        Assert.Equal("vm_discovered", await inventory.HistoryAsync(one.Value));
        Assert.Equal("host_joined", await inventory.HistoryAsync(host.Value));
    }

    [Fact]
    public async Task A_report_that_repeats_what_is_known_writes_no_event_and_no_VM_row_but_keeps_the_VM_fresh()
    {
        await using var inventory = await StartAsync();
        var (host, vm) = (NewHost(), NewVm());
        await inventory.TellAsync(Report(host, 10, Vm(vm)));
        var before = await inventory.TextAsync("SELECT xmin, version FROM vms");
        await inventory.TellAsync(Report(host, 11, Vm(vm)));
        Assert.Equal(before, await inventory.TextAsync("SELECT xmin, version FROM vms"));
        Assert.Equal("11", await inventory.TextAsync("SELECT generation FROM vm_view"));
        Assert.Equal("vm_discovered", await inventory.HistoryAsync(vm.Value));

        await inventory.TellAsync(Observed(host, 10, Vm(vm, state: VmState.Off)));
        Assert.Equal("Running", await inventory.TextAsync("SELECT state FROM vm_view"));
    }
}
