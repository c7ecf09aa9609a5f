using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Inventory.Rebuilding;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static HvPlatform.IntegrationTests.Inventory.InventoryFixture;

namespace HvPlatform.IntegrationTests.Inventory;

/// <summary>The read models are a fold of the events: building them anew gives the same rows.</summary>
public sealed class RebuildTests
{
    static readonly string[] s_tables =
    [
        "SELECT * FROM vms ORDER BY vm_id",
        "SELECT * FROM placements ORDER BY vm_id, host_id",
        "SELECT * FROM vm_versions ORDER BY vm_id, valid_from",
        "SELECT * FROM vm_device_versions ORDER BY vm_id, valid_from",
        "SELECT * FROM hosts ORDER BY host_id",
        "SELECT * FROM host_versions ORDER BY host_id, valid_from",
        "SELECT * FROM operations ORDER BY operation_id",
        "SELECT * FROM operation_versions ORDER BY operation_id, valid_from",
    ];

    /// <summary>Many messages at once, in no order, so that deliveries race for the same VMs; then every row is compared.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_rebuild_equals_what_racing_deliveries_left(int seed)
    {
        await using var inventory = await StartAsync();
        var messages = RandomMessages(new Random(seed), 400);
        var bus = inventory.Services.GetRequiredService<IBus>();
        await Task.WhenAll(messages.Select(m => bus.Publish(m, m.GetType())));
        await Eventually.Until(
            async () => await inventory.ScalarAsync<long>("SELECT count(*) FROM inbox") == messages.Count, "every message worked on", 60,
            () => inventory.TextAsync("SELECT count(*) FROM inbox"));

        var live = await DumpAsync(inventory);
        var read = await inventory.Services.GetRequiredService<ReadModelRebuild>().RunAsync(default);
        Assert.Equal(live, await DumpAsync(inventory));
        Assert.Equal(await inventory.ScalarAsync<long>("SELECT count(*) FROM mt_events"), read);
        Assert.Equal("0", await inventory.TextAsync("SELECT count(*) FROM vms v JOIN mt_streams s ON s.id = v.vm_id WHERE s.version <> v.version"));
        Assert.True(read > messages.Count / 2, "the messages are to do something");

        // From nothing as well, not only on top of the rows that are there.
        await inventory.ExecuteAsync("TRUNCATE vms, vm_versions, vm_device_versions, hosts, host_versions, operation_versions");
        await inventory.Services.GetRequiredService<ReadModelRebuild>().RunAsync(default);
        Assert.Equal(live, await DumpAsync(inventory));
    }

    [Fact]
    public async Task A_rebuild_keeps_what_has_no_history()
    {
        await using var inventory = await StartAsync();
        var (a, b, vm, id) = (NewHost(), NewHost(), NewVm(), OperationId.New());
        await inventory.TellAsync(Registered(a));
        await inventory.TellAsync(Report(a, 10, Vm(vm)));
        await inventory.TellAsync(Observed(a, 15, Vm(vm)));
        await inventory.TellAsync(Migrations.Started(id, vm, a, b));
        await inventory.TellAsync(Migrations.Progressed(id, vm, a, 50, TimeProvider.System.GetUtcNow()));
        await inventory.Services.GetRequiredService<ReadModelRebuild>().RunAsync(default);
        Assert.Equal("15", await inventory.TextAsync("SELECT generation FROM vm_view"));
        Assert.Equal("50", await inventory.TextAsync("SELECT progress->>'percent' FROM migrations"));
        Assert.Equal("Online", await inventory.TextAsync("SELECT status FROM host_view"));

        await inventory.TellAsync(Observed(a, 14, Vm(vm, state: VmState.Off)));
        Assert.Equal("Running", await inventory.TextAsync("SELECT state FROM vm_view"));
    }

    static async Task<string> DumpAsync(InventoryFixture inventory)
    {
        var parts = new List<string>();
        foreach (var table in s_tables)
        {
            parts.Add(await inventory.TextAsync(table));
        }

        return string.Join("\n--\n", parts);
    }

    static List<object> RandomMessages(Random random, int count)
    {
        HostId[] hosts = [.. Enumerable.Range(1, 4).Select(i => new HostId(new Guid(i, 0, 0, new byte[8])))];
        VmId[] vms = [.. Enumerable.Range(1, 10).Select(i => new VmId(new Guid(i, 1, 0, new byte[8])))];
        VmState[] states = [VmState.Running, VmState.Off, VmState.Paused];
        long generation = 0;
        var messages = new List<object>(hosts.Select((h, i) => Registered(h, $"host-{i}")));
        var running = new Dictionary<VmId, (OperationId Id, HostId From, HostId To)>();
        while (messages.Count < count)
        {
            var (host, vm) = (hosts[random.Next(hosts.Length)], vms[random.Next(vms.Length)]);
            var info = Vm(vm, $"vm-{random.Next(3)}", states[random.Next(states.Length)]);
            generation++;
            switch (random.Next(8))
            {
                case 0 or 1:
                    messages.Add(Observed(host, generation, info));
                    break;
                case 2:
                    messages.Add(Gone(host, generation, vm, random.Next(2) == 0 ? "lifecycle:stopped/migrated" : "lifecycle:undefined/removed"));
                    break;
                case 3 or 4:
                    var listed = vms.Where(_ => random.Next(3) > 0).Select(v => Vm(v, state: states[random.Next(states.Length)])).ToArray();
                    messages.Add(Report(host, generation, listed) with { Outcome = (HostReportOutcome)random.Next(1, 4) });
                    break;
                case 5:
                    messages.Add(new HostHeartbeat { HostId = host, SentAt = TimeProvider.System.GetUtcNow().AddMilliseconds(generation), HypervisorReachable = random.Next(2) == 0 });
                    break;
                default:
                    messages.Add(NextOfMigration(running, vm, host, hosts[random.Next(hosts.Length)], random));
                    break;
            }
        }

        return messages;
    }

    static object NextOfMigration(Dictionary<VmId, (OperationId Id, HostId From, HostId To)> running, VmId vm, HostId from, HostId to, Random random)
    {
        if (!running.TryGetValue(vm, out var m))
        {
            running[vm] = m = (new OperationId(Guid.NewGuid()), from, to);
            return Migrations.Started(m.Id, vm, from, to);
        }

        switch (random.Next(9))
        {
            case 3:
                return Migrations.InDoubt(m.Id, vm, m.To);
            case 4:
                return Migrations.Forecasted(m.Id, vm);
            case 5:
                return Migrations.Resolved(m.Id, vm);
            case 6:
                return Migrations.ResolveRejected(m.Id, vm);
            case 7:
                return Migrations.Fenced(m.Id, vm, m.From);
            case 0:
                running.Remove(vm);
                return Migrations.Completed(m.Id, vm, m.From, m.To);
            case 1:
                running.Remove(vm);
                return Migrations.RolledBack(m.Id, vm, m.From, m.To);
            case 2:
                return Migrations.Accepted(m.Id, vm, m.From, m.To);
            default:
                return Migrations.Phase(m.Id, vm, MigrationPhase.Requested, (MigrationPhase)random.Next(2, 8));
        }
    }
}
