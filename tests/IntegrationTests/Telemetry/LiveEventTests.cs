using System.Globalization;
using System.Text.Json;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Telemetry;

/// <summary>What a listener is told of a migration while it runs.</summary>
[Collection(nameof(SampledFleet))]
public sealed class LiveEventTests(SampledFleet fleet)
{
    readonly Platform _platform = fleet.Platform;

    [Fact]
    public async Task A_listener_is_told_of_progress_changes_and_samples_and_the_history_goes_on_beside_them()
    {
        var vm = (await _platform.ListAsync("/v1/vms?state=Running"))[0];
        var (id, source) = (vm.GetProperty("id").GetGuid(), vm.GetProperty("hostId").GetGuid());
        var destination = (await _platform.ListAsync("/v1/hosts")).Select(h => h.GetProperty("id").GetGuid()).First(h => h != source);
        var everything = new SseClient(_platform.Api, "/v1/events?live=true");
        var ofVm = new SseClient(_platform.Api, $"/v1/events?live=true&vm={id}&types=vm_sampled");
        var listening = everything.ReadAsync(c => Of(c, "operation_changed").Any(e => e.GetProperty("status").GetString() == "Succeeded") && Of(c, "vm_migration_completed").Any());
        var sampled = ofVm.ReadAsync(c => Of(c, "vm_sampled").Count(e => Point(e).TryGetProperty("cpuPercent", out _)) >= 2);
        await Eventually.Until(() => Task.FromResult(everything.LastEventId is not null && ofVm.LastEventId is not null), "both streams are open");

        var operation = await _platform.AcceptAsync($"/v1/vms/{id}/migrations", new { destinationHostId = destination });
        await listening;
        await sampled;

        var changes = Of(everything, "operation_changed").Where(e => e.GetProperty("id").GetGuid() == operation).ToList();
        Assert.Equal("Accepted", changes[0].GetProperty("status").GetString());
        Assert.Contains(changes, c => c.TryGetProperty("phase", out var phase) && phase.GetString() == "Transferring");
        var progress = Of(everything, "migration_progressed").ToList();
        Assert.All(progress, p => Assert.Equal(operation, p.GetProperty("operationId").GetGuid()));
        Assert.InRange(progress[^1].GetProperty("percent").GetDouble(), 0.1, 100);
        Assert.Empty(Of(everything, "vm_sampled"));
        Assert.Equal(everything.LastEventId, everything.Received.Where(e => e.Data.TryGetProperty("seq", out _)).Max(e => e.Id).ToString(CultureInfo.InvariantCulture));
        Assert.All(Of(ofVm, "vm_sampled"), e => Assert.Equal(id, Assert.Single(e.GetProperty("points").EnumerateArray()).GetProperty("vmId").GetGuid()));
        Assert.All(ofVm.Received, e => Assert.Equal("vm_sampled", e.Type));
    }

    [Fact]
    public async Task Transient_types_are_refused_where_they_are_not_told()
    {
        var problem = JsonSerializer.Deserialize<JsonElement>(await (await _platform.Api.GetAsync("/v1/events?types=vm_sampled")).Content.ReadAsStringAsync());
        Assert.Contains("live=true", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    static IEnumerable<JsonElement> Of(SseClient client, string type) => client.Received.ToArray().Where(e => e.Type == type).Select(e => e.Data);

    static JsonElement Point(JsonElement sample) => sample.GetProperty("points").EnumerateArray().Single();
}
