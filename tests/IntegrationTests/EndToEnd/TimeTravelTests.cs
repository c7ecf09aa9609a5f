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
            .Single(e => e.GetProperty("type").GetString() == "vm_migration_phase_changed" && e.GetProperty("data").GetProperty("to").GetString() == "Transferring");

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
}
