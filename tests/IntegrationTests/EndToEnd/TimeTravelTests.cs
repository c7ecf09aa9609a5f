using System.Text.Json;
using HvPlatform.TestKit;
using Xunit;
using static HvPlatform.IntegrationTests.EndToEnd.TimeTravelWorld;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>What the API says of a moment in the past is what it said then.</summary>
public sealed class TimeTravelTests(TimeTravelWorld world) : IClassFixture<TimeTravelWorld>
{
    static readonly string[] NotKeptOfVms = ["observedAt", "stale", "figures", "hostLastSeenAt"];

    Platform Platform => world.Platform;

    [Fact]
    public async Task A_VM_page_is_shown_as_it_was()
    {
        Assert.Equal(world.ThenOf($"/v1/vms/{world.Vm}", NotKeptOfVms), await world.PastOfAsync($"/v1/vms/{world.Vm}"));

        var past = await Platform.GetAsync($"/v1/vms/{world.Vm}?asOf={At(world.Before)}");
        Assert.Equal(world.Source, past.GetProperty("hostId").GetGuid());
        Assert.Equal(NotKeptOfVms, past.GetProperty("notKept").EnumerateArray().Select(m => m.GetString()));
        Assert.Equal(world.Before.UtcDateTime, past.GetProperty("asOf").GetDateTimeOffset().UtcDateTime, TimeSpan.FromMicroseconds(1));
    }

    [Fact]
    public async Task In_the_midst_of_a_migration_the_VM_page_shows_its_phase()
    {
        var entered = (await Platform.ListAsync($"/v1/vms/{world.Vm}/history?limit=100"))
            .First(e => e.GetProperty("type").GetString() == "vm_migration_phase_changed" && e.GetProperty("data").GetProperty("to").GetString() == "Transferring");

        var past = await Platform.GetAsync($"/v1/vms/{world.Vm}?asOf={At(entered.GetProperty("at").GetDateTimeOffset())}");

        Assert.Equal("Transferring", past.GetProperty("migrationPhase").GetString());
        Assert.Equal(world.Migration, past.GetProperty("migrationId").GetGuid());
        Assert.Equal((world.Source, world.Destination), (past.GetProperty("migrationSourceHostId").GetGuid(), past.GetProperty("migrationDestinationHostId").GetGuid()));
        Assert.Equal(entered.GetProperty("version").GetInt64(), past.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Before_it_was_known_a_VM_is_not_there_and_the_future_cannot_be_asked_for()
    {
        using var early = await Platform.Api.GetAsync($"/v1/vms/{world.Vm}?asOf=2020-01-01T00:00:00Z");
        Assert.Equal(404, (int)early.StatusCode);
        Assert.Contains("was not known at 2020-01-01", await early.Content.ReadAsStringAsync());

        using var future = await Platform.Api.GetAsync($"/v1/vms/{world.Vm}?asOf=2999-01-01T00:00:00Z");
        Assert.Equal(400, (int)future.StatusCode);
        Assert.Contains("must not be in the future", await future.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_operations_history_tells_each_phase_and_a_hosts_history_that_it_joined()
    {
        var steps = await Platform.ListAsync($"/v1/operations/{world.Migration}/history?limit=100");
        Assert.Equal("operation_requested", steps[0].GetProperty("type").GetString());
        Assert.Equal("operation_ended", steps[^1].GetProperty("type").GetString());
        Assert.Equal(
            ["Preflight", "Reserving", "PreparingDestination", "Transferring", "Finishing", "Confirming"],
            steps.Where(s => s.GetProperty("type").GetString() == "operation_phase_entered").Select(s => s.GetProperty("data").GetProperty("to").GetString()));

        Assert.Equal("host_joined", (await Platform.ListAsync($"/v1/hosts/{world.Source}/history"))[0].GetProperty("type").GetString());
        using var notAHost = await Platform.Api.GetAsync($"/v1/hosts/{world.Vm}/history");
        Assert.Contains("host-not-found", await notAHost.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_history_is_cut_by_instants_and_paged()
    {
        var all = (await Platform.ListAsync($"/v1/vms/{world.Vm}/history?limit=100")).Select(e => e.GetProperty("seq").GetInt64()).ToList();
        var earlier = (await Platform.ListAsync($"/v1/vms/{world.Vm}/history?to={At(world.Before)}")).Select(e => e.GetProperty("seq").GetInt64()).ToList();
        var later = new List<long>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await Platform.GetAsync($"/v1/vms/{world.Vm}/history?from={At(world.Before)}&limit=2{cursor}");
            later.AddRange(page.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("seq").GetInt64()));
            cursor = page.TryGetProperty("nextCursor", out var next) ? $"&cursor={next.GetString()}" : null;
        }

        Assert.NotEmpty(earlier);
        Assert.NotEmpty(later);
        Assert.Equal(all, [.. earlier, .. later]);
    }

    [Theory]
    [InlineData("/v1/vms", new[] { "observedAt", "stale", "details", "figures" })]
    [InlineData("/v1/hosts", new[] { "lastSeenAt", "memoryFreeMiB", "reservedMemoryMiB", "agentStartedAt", "reportOutcome", "reportReceivedAt" })]
    [InlineData("/v1/fleet", new string[0])]
    [InlineData("/v1/operations", new string[0])]
    [InlineData("/v1/migrations", new string[0])]
    [InlineData("/v1/evacuations", new string[0])]
    public async Task Lists_are_shown_as_they_were(string path, string[] notKept) => Assert.Equal(world.ThenOf(path, notKept), await world.PastOfAsync(path, notKept));

    [Fact]
    public async Task A_host_is_shown_as_it_was_also_its_maintenance()
    {
        string[] notKept = ["lastSeenAt", "memoryFreeMiB", "reservedMemoryMiB", "agentStartedAt", "reportOutcome", "reportReceivedAt"];
        Assert.Equal(world.ThenOf($"/v1/hosts/{world.Source}", notKept), await world.PastOfAsync($"/v1/hosts/{world.Source}", notKept));

        Assert.False((await Platform.GetAsync($"/v1/hosts/{world.Destination}?asOf={At(world.After)}")).TryGetProperty("maintenance", out _));
        var evacuated = await Platform.GetAsync($"/v1/hosts/{world.Destination}?asOf={At(world.Last)}");
        Assert.True(evacuated.GetProperty("maintenance").TryGetProperty("since", out _));
        Assert.Equal(0, evacuated.GetProperty("vmCount").GetInt32());
        Assert.Equal([world.Destination], (await Platform.ListAsync($"/v1/hosts?maintenance=true&asOf={At(world.Last)}")).Select(h => h.GetProperty("id").GetGuid()));
        Assert.Empty(await Platform.ListAsync($"/v1/hosts?maintenance=true&asOf={At(world.After)}"));
    }

    [Fact]
    public async Task A_migration_is_shown_as_it_stood_in_each_phase()
    {
        var entered = (await Platform.ListAsync($"/v1/operations/{world.Migration}/history?limit=100"))
            .Single(e => e.GetProperty("type").GetString() == "operation_phase_entered" && e.GetProperty("data").GetProperty("to").GetString() == "Transferring");
        var then = At(entered.GetProperty("at").GetDateTimeOffset());

        var migration = await Platform.GetAsync($"/v1/migrations/{world.Migration}?asOf={then}");
        Assert.Equal(("Running", "Transferring"), (migration.GetProperty("status").GetString(), migration.GetProperty("phase").GetString()));
        Assert.Equal("Transferring", migration.GetProperty("phases").EnumerateArray().Last().GetProperty("phase").GetString());
        Assert.False(migration.TryGetProperty("totalMs", out _));
        Assert.False(migration.TryGetProperty("finishedAt", out _));
        Assert.Equal("Running", (await Platform.GetAsync($"/v1/operations/{world.Migration}?asOf={then}")).GetProperty("status").GetString());
        Assert.Equal([world.Migration], (await Platform.ListAsync($"/v1/operations?open=true&asOf={then}")).Select(o => o.GetProperty("id").GetGuid()));
        Assert.Equal([world.Migration], (await Platform.ListAsync($"/v1/migrations?status=Running&asOf={then}")).Select(o => o.GetProperty("id").GetGuid()));
        Assert.Equal(1, (await Platform.GetAsync($"/v1/fleet?asOf={then}")).GetProperty("operations").GetProperty("running").GetInt32());

        Assert.Empty(await Platform.ListAsync($"/v1/operations?open=true&asOf={At(world.After)}"));
        Assert.Equal(1, (await Platform.GetAsync($"/v1/fleet?asOf={At(world.After)}")).GetProperty("operations").GetProperty("endedLastHour").GetInt32());
        using var early = await Platform.Api.GetAsync($"/v1/migrations/{world.Migration}?asOf={At(world.Before)}");
        Assert.Contains("migration-not-found", await early.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task What_has_ended_looks_the_same_as_of_now()
    {
        foreach (var (path, notKept) in ((string, string[])[])
            [($"/v1/migrations/{world.Migration}", ["progress", "progressAt"]), ($"/v1/operations/{world.Migration}", ["updatedAt"]), ($"/v1/evacuations/{world.Evacuation}", [])])
        {
            Assert.Equal(Without(await Platform.GetAsync(path), notKept), Without(await Platform.GetAsync($"{path}?asOf={At(world.Last)}"), [.. notKept, "asOf", "notKept"]));
        }
    }

    [Fact]
    public async Task An_evacuation_is_shown_while_it_ran()
    {
        var ended = await Platform.GetAsync($"/v1/evacuations/{world.Evacuation}");
        var first = ended.GetProperty("vms").EnumerateArray().Min(v => v.GetProperty("startedAt").GetDateTimeOffset());

        var past = await Platform.GetAsync($"/v1/evacuations/{world.Evacuation}?asOf={At(first.AddMilliseconds(1))}");

        Assert.Equal("Running", past.GetProperty("status").GetString());
        Assert.Equal(ended.GetProperty("total").GetInt32(), past.GetProperty("total").GetInt32());
        Assert.True(past.GetProperty("moving").GetInt32() > 0, past.ToString());
        Assert.Equal([world.Evacuation], (await Platform.ListAsync($"/v1/evacuations?open=true&asOf={At(first.AddMilliseconds(1))}")).Select(e => e.GetProperty("id").GetGuid()));
        Assert.Empty(await Platform.ListAsync($"/v1/evacuations?open=true&asOf={At(world.Last)}"));
    }

    [Fact]
    public async Task The_difference_of_two_instants_names_what_moved_and_what_changed()
    {
        var moved = await Platform.GetAsync($"/v1/diff?from={At(world.Before)}&to={At(world.After)}");
        var item = Assert.Single(moved.GetProperty("items").EnumerateArray());
        Assert.Equal(("Vm", "Moved", world.Vm), (item.GetProperty("kind").GetString(), item.GetProperty("change").GetString(), item.GetProperty("id").GetGuid()));
        var host = item.GetProperty("fields").EnumerateArray().Single(f => f.GetProperty("field").GetString() == "hostId");
        Assert.Equal((world.Source, world.Destination), (host.GetProperty("before").GetGuid(), host.GetProperty("after").GetGuid()));
        Assert.Equal((1, 1), (moved.GetProperty("summary").GetProperty("changed").GetInt32(), moved.GetProperty("summary").GetProperty("moved").GetInt32()));

        // The VM is back: only the host's other VMs and its maintenance differ.
        var whole = await Platform.GetAsync($"/v1/diff?from={At(world.Before)}&to={At(world.Last)}");
        Assert.DoesNotContain(whole.GetProperty("items").EnumerateArray(), i => i.GetProperty("id").GetGuid() == world.Vm);
        var maintained = whole.GetProperty("items").EnumerateArray().Single(i => i.GetProperty("kind").GetString() == "Host");
        Assert.Equal(["maintenance"], maintained.GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("field").GetString()));
    }

    [Fact]
    public async Task The_difference_is_paged_and_everything_is_new_since_before_the_beginning()
    {
        var items = new List<JsonElement>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await Platform.GetAsync($"/v1/diff?from=2020-01-01T00:00:00Z&to={At(world.Before)}&limit=3{cursor}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            Assert.Equal(8, page.GetProperty("summary").GetProperty("added").GetInt32());
            cursor = page.TryGetProperty("nextCursor", out var next) ? $"&cursor={next.GetString()}" : null;
        }

        Assert.Equal(["Host", "Host", "Vm", "Vm", "Vm", "Vm", "Vm", "Vm"], items.Select(i => i.GetProperty("kind").GetString()));
        Assert.Equal(8, items.Select(i => i.GetProperty("id").GetGuid()).Distinct().Count());
        Assert.All(items, i => Assert.Equal("Added", i.GetProperty("change").GetString()));
        Assert.Equal(2, (await Platform.ListAsync($"/v1/diff?from=2020-01-01T00:00:00Z&to={At(world.Before)}&kind=Host")).Length);
        using var without = await Platform.Api.GetAsync("/v1/diff");
        Assert.Contains("is required", await without.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_difference_names_disks_and_adapters_that_came_went_and_changed()
    {
        var (vm, at) = (await Platform.GetAsync($"/v1/vms/{world.Vm}"), TimeProvider.System.GetUtcNow());
        var (image, mac) = (vm.GetProperty("disks")[0].GetProperty("source").GetString(), vm.GetProperty("nics")[0].GetProperty("macAddress").GetString());
        const string second = "52:54:00:aa:bb:cc";
        await ReconfigureAsync(new
        {
            disks = new object[] { new { action = "Change", path = image, capacityBytes = 40L << 30 }, new { action = "Create", path = "/simulated/second.qcow2", capacityBytes = 10L << 30 } },
            adapters = new object[] { new { action = "Change", adapter = mac, @switch = "lan" }, new { action = "Add", adapter = "second", macAddress = second, @switch = "lan" } },
        });

        var came = await DifferenceAsync(at, fields => fields.Count == 4);
        Assert.Equal(["disks.vda.capacityBytes", "disks.vdb", $"nics.{mac}.network", $"nics.{second}"], came.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((20L << 30, 40L << 30), (came["disks.vda.capacityBytes"].GetProperty("before").GetInt64(), came["disks.vda.capacityBytes"].GetProperty("after").GetInt64()));
        Assert.False(came["disks.vdb"].TryGetProperty("before", out _));
        Assert.Equal("/simulated/second.qcow2", came["disks.vdb"].GetProperty("after").GetProperty("source").GetString());
        Assert.Equal("lan", came[$"nics.{mac}.network"].GetProperty("after").GetString());
        Assert.Equal("lan", came[$"nics.{second}"].GetProperty("after").GetProperty("network").GetString());

        var later = TimeProvider.System.GetUtcNow();
        await ReconfigureAsync(new { disks = new[] { new { action = "Remove", path = "/simulated/second.qcow2" } }, adapters = new[] { new { action = "Remove", adapter = second } } });
        var went = await DifferenceAsync(later, fields => fields.Count == 2);
        Assert.Equal(["disks.vdb", $"nics.{second}"], went.Keys.Order(StringComparer.Ordinal));
        Assert.All(went.Values, f => Assert.False(f.TryGetProperty("after", out _)));
        Assert.Equal(2, (await DifferenceAsync(at, fields => fields.Count == 2)).Count);
    }

    async Task ReconfigureAsync(object settings)
    {
        var ended = await Platform.EndOfAsync(await Platform.AcceptAsync($"/v1/vms/{world.Vm}/settings", settings));
        Assert.True(ended.GetProperty("status").GetString() == "Succeeded", ended.ToString());
    }

    /// <summary>What differs in the VM since then, as soon as the inventory knows it.</summary>
    async Task<Dictionary<string, JsonElement>> DifferenceAsync(DateTimeOffset from, Func<Dictionary<string, JsonElement>, bool> wanted)
    {
        Dictionary<string, JsonElement> fields = [];
        await Platform.UntilAsync(
            $"/v1/diff?from={At(from)}&kind=Vm",
            diff => wanted(fields = diff.GetProperty("items").EnumerateArray().Where(i => i.GetProperty("id").GetGuid() == world.Vm).SelectMany(i => i.GetProperty("fields").EnumerateArray())
                .ToDictionary(f => f.GetProperty("field").GetString()!)),
            "the inventory knows what was changed");
        return fields;
    }
}
