using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
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

    [Fact]
    public async Task A_migration_is_followed_from_request_to_result()
    {
        await using var inventory = await StartAsync();
        var (a, b, vm, id) = (NewHost(), NewHost(), NewVm(), OperationId.New());
        await inventory.TellAsync(Report(a, 10, Vm(vm)));
        await inventory.TellAsync(Migrations.Accepted(id, vm, a, b));
        Assert.Equal($"{id} | MigrateVm | -", await inventory.TextAsync("SELECT operation_id, operation_kind, migration_id FROM vm_view"));
        await inventory.TellAsync(Migrations.Started(id, vm, a, b));
        await inventory.TellAsync(Migrations.Phase(id, vm, MigrationPhase.Requested, MigrationPhase.Transferring));
        var at = TimeProvider.System.GetUtcNow();
        await inventory.TellAsync(Migrations.Progressed(id, vm, a, 50, at));
        await inventory.TellAsync(Migrations.Progressed(id, vm, a, 60, at.AddMilliseconds(100)));
        await inventory.TellAsync(Migrations.Progressed(id, vm, a, 40, at.AddMilliseconds(-100)));
        Assert.Equal("Running | Transferring | 50 | alice | key-1", await inventory.TextAsync("SELECT status, phase, progress->>'percent', requested_by, idempotency_key FROM migrations"));
        Assert.Equal("Transferring", await inventory.TextAsync("SELECT migration_phase FROM vm_view"));

        await inventory.TellAsync(Migrations.Completed(id, vm, a, b));
        Assert.Equal("Succeeded | Completed | 42 | 100 | 300", await inventory.TextAsync("SELECT status, phase, downtime_ms, transferred_bytes, total_ms FROM migrations WHERE ended_at IS NOT NULL"));
        Assert.Equal($"{b} | - | -", await inventory.TextAsync("SELECT host_id, operation_id, migration_id FROM vm_view"));
        Assert.Equal("operation_requested operation_began operation_phase_entered operation_ended", await inventory.HistoryAsync(id.Value));
        Assert.Equal(
            "vm_discovered vm_operation_accepted vm_migration_started vm_migration_phase_changed vm_migration_completed vm_moved",
            await inventory.HistoryAsync(vm.Value));
        Assert.All(await inventory.History.ReadStreamAsync(id.Value).ToListAsync(), e => Assert.Equal(id.ToString(), e.CorrelationId));
    }

    [Fact]
    public async Task A_second_delivery_of_a_message_changes_nothing()
    {
        await using var inventory = await StartAsync();
        var (host, vm, message) = (NewHost(), NewVm(), Guid.NewGuid());
        var bus = inventory.Services.GetRequiredService<IBus>();
        await bus.Publish(Observed(host, 10, Vm(vm)), c => c.MessageId = message);
        await bus.Publish(Observed(host, 11, Vm(vm, state: VmState.Off)), c => c.MessageId = message);
        await inventory.TellAsync(Registered(host));
        await Eventually.Until(async () => await inventory.HistoryAsync(vm.Value) == "vm_discovered", "the VM is known");
        Assert.Equal("1", await inventory.TextAsync("SELECT version FROM vms"));
    }

    [Fact]
    public async Task The_fleet_as_of_a_moment_is_what_was_recorded_by_then()
    {
        await using var inventory = await StartAsync();
        var (host, one, two) = (NewHost(), NewVm(), NewVm());
        await inventory.TellAsync(Report(host, 10, Vm(one), Vm(two, "db-1", VmState.Off)));
        var first = TimeProvider.System.GetUtcNow();
        await inventory.TellAsync(Observed(host, 11, Vm(one, state: VmState.Paused)));
        await inventory.TellAsync(Gone(host, 12, two));
        var second = TimeProvider.System.GetUtcNow();
        await inventory.TellAsync(Observed(host, 13, Vm(one, "web-renamed")));

        Assert.Equal("", await FleetAsOf(inventory, first.AddHours(-1)));
        Assert.Equal("db-1 | Off\nweb-1 | Running", await FleetAsOf(inventory, first));
        Assert.Equal("web-1 | Paused", await FleetAsOf(inventory, second));
        Assert.Equal("web-renamed | Running", await FleetAsOf(inventory, TimeProvider.System.GetUtcNow()));
    }

    [Fact]
    public async Task A_missing_VM_is_deleted_after_the_grace_period_and_returns_with_its_history()
    {
        await using var inventory = await StartAsync(settings: new() { ["Hv:Inventory:MissingGrace"] = "00:00:00.300" });
        var (host, one, two) = (NewHost(), NewVm(), NewVm());
        await inventory.TellAsync(Report(host, 10, Vm(one), Vm(two, "db-1")));
        await inventory.TellAsync(Report(host, 11, Vm(two, "db-1")));
        await inventory.SweepAsync();
        Assert.Equal("1 | 0", await inventory.TextAsync("SELECT count(missing_since), count(deleted_at) FROM vms"));

        var generation = 12;
        await Eventually.Until(
            async () =>
            {
                await inventory.TellAsync(Report(host, generation++, Vm(two, "db-1")));
                await inventory.SweepAsync();
                return await inventory.TextAsync("SELECT count(deleted_at) FROM vms") == "1";
            },
            "the missing VM is deleted");
        await inventory.TellAsync(Report(host, generation, Vm(one), Vm(two, "db-1")));
        Assert.Equal("vm_discovered vm_marked_missing vm_deleted vm_returned", await inventory.HistoryAsync(one.Value));
        Assert.Equal("0", await inventory.TextAsync("SELECT count(deleted_at) FROM vms"));
    }

    [Fact]
    public async Task A_silent_host_turns_stale_at_once_and_its_VMs_stay()
    {
        await using var inventory = await StartAsync();
        var (host, vm) = (NewHost(), NewVm());
        await inventory.TellAsync(Registered(host) with { HeartbeatSeconds = 0.1 });
        await inventory.TellAsync(Report(host, 10, Vm(vm)));
        await Eventually.Until(async () => await inventory.TextAsync("SELECT status FROM host_view") == "AgentSilent", "the host is silent");
        Assert.Equal("True | -", await inventory.TextAsync("SELECT stale, missing_since FROM vm_view"));
        await Eventually.Until(
            async () =>
            {
                await inventory.SweepAsync();
                return await inventory.HistoryAsync(host.Value) == "host_joined host_unreachable";
            },
            "the silence is in the history");
        await inventory.TellAsync(new HostHeartbeat { HostId = host, SentAt = TimeProvider.System.GetUtcNow(), HypervisorReachable = true, MemoryFreeMiB = 77 });
        Assert.Equal("host_joined host_unreachable host_reachable", await inventory.HistoryAsync(host.Value));
        Assert.Equal("77", await inventory.TextAsync("SELECT memory_free_mib FROM host_view"));
    }

    [Fact]
    public async Task An_agent_that_lost_its_count_is_believed_again_after_it_registered()
    {
        await using var inventory = await StartAsync();
        var (host, vm) = (NewHost(), NewVm());
        await inventory.TellAsync(Registered(host));
        await inventory.TellAsync(Report(host, 1000, Vm(vm)));
        await inventory.TellAsync(Report(host, 3, Vm(vm, state: VmState.Off)));
        Assert.Equal("Running", await inventory.TextAsync("SELECT state FROM vm_view"));
        await inventory.TellAsync(Registered(host) with { AgentStartedAt = TimeProvider.System.GetUtcNow(), Generation = 2 });
        await inventory.TellAsync(Report(host, 3, Vm(vm, state: VmState.Off)));
        Assert.Equal("Off", await inventory.TextAsync("SELECT state FROM vm_view"));
        Assert.Equal("host_joined host_generation_restarted", await inventory.HistoryAsync(host.Value));
    }

    [Fact]
    public async Task The_same_works_over_RabbitMQ()
    {
        var bus = await (await RabbitServer.SharedAsync()).CreateVirtualHostAsync();
        await using var inventory = await StartAsync(bus.ToString());
        var (a, b, vm, id) = (NewHost(), NewHost(), NewVm(), OperationId.New());
        await inventory.TellAsync(Registered(a));
        await inventory.TellAsync(Report(a, 10, Vm(vm)));
        await inventory.TellAsync(Migrations.Started(id, vm, a, b));
        await inventory.TellAsync(Gone(a, 11, vm));
        await inventory.TellAsync(Migrations.Completed(id, vm, a, b));
        await inventory.TellAsync(Observed(b, 1, Vm(vm)));
        Assert.Equal($"{b} | Running | -", await inventory.TextAsync("SELECT host_id, state, deleted_at FROM vm_view"));
        Assert.Equal("vm_discovered vm_migration_started vm_placement_removed vm_migration_completed vm_moved", await inventory.HistoryAsync(vm.Value));
    }

    static Task<string> FleetAsOf(InventoryFixture inventory, DateTimeOffset at) =>
        inventory.TextAsync($"SELECT name, state FROM fleet_as_of('{at:O}') ORDER BY name");
}
