using System.Globalization;
using System.Text.Json;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.Orchestrator;
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
    public async Task Of_two_orchestrators_each_tells_the_events_of_both_and_goes_on_where_the_other_left_off()
    {
        var other = await _platform.AddAsync(OrchestratorModule.Create(), []);
        using var second = TestAccess.Client(other.Url);
        var vms = (await _platform.ListAsync("/v1/vms?state=Running")).Select(v => v.GetProperty("id").GetGuid()).Take(2).ToArray();
        SseClient[] streams = [new(_platform.Api, "/v1/events?live=true"), new(second, "/v1/events?live=true")];
        Guid[] operations = [];
        var listening = streams.Select(s => s.ReadAsync(c => operations.Length == 2 && operations.All(o => HasEnded(c, o)))).ToArray();
        await Eventually.Until(() => Task.FromResult(streams.All(s => s.LastEventId is not null)), "both streams are open");
        var since = streams.Max(s => long.Parse(s.LastEventId!, CultureInfo.InvariantCulture));

        operations = [await PauseAsync(_platform.Api, vms[0]), await PauseAsync(second, vms[1])];
        await Task.WhenAll(listening);
        Assert.All(streams, s => Assert.All(operations, o => Assert.Contains(Of(s, "operation_changed"), e => e.GetProperty("id").GetGuid() == o && e.GetProperty("status").GetString() == "Accepted")));

        // The first connection is gone. What happens now is told by the other orchestrator to whoever comes with the last id of the first.
        var left = streams[0].LastEventId!;
        var third = await ResumeAsync(_platform.Api, vms[0]);
        var fourth = await ResumeAsync(second, vms[1]);
        var resumed = new SseClient(second, "/v1/events", left);
        await resumed.ReadAsync(c => new[] { third, fourth }.All(o => HasEnded(c, o)));
        var whole = new SseClient(_platform.Api, $"/v1/events?after={since}");
        await whole.ReadAsync(c => c.Received.Count > 0 && c.Received[^1].Id >= resumed.Received[^1].Id);
        Assert.Equal(
            whole.Received.Select(e => e.Id).Where(id => id > long.Parse(left, CultureInfo.InvariantCulture) && id <= resumed.Received[^1].Id),
            resumed.Received.Select(e => e.Id));

        static bool HasEnded(SseClient c, Guid operation) => Of(c, "vm_operation_succeeded").Any(e => e.GetProperty("data").GetProperty("operationId").GetGuid() == operation);
        static Task<Guid> PauseAsync(HttpClient at, Guid vm) => AcceptAsync(at, $"/v1/vms/{vm}/pause");
        static Task<Guid> ResumeAsync(HttpClient at, Guid vm) => AcceptAsync(at, $"/v1/vms/{vm}/resume");
        static async Task<Guid> AcceptAsync(HttpClient at, string path)
        {
            using var response = await at.PostAsync(path, null);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, text);
            return JsonSerializer.Deserialize<JsonElement>(text).GetProperty("id").GetGuid();
        }
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
