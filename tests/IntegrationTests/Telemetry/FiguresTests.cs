using System.Text.Json;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Telemetry;

/// <summary>Figures from the hosts to the API.</summary>
[Collection(nameof(SampledFleet))]
public sealed class FiguresTests(SampledFleet fleet)
{
    readonly Platform _platform = fleet.Platform;

    [Fact]
    public async Task A_VMs_figures_go_on_while_it_moves_and_the_transfers_course_is_kept()
    {
        var vm = (await _platform.ListAsync("/v1/vms?state=Running"))[0];
        var (id, source) = (vm.GetProperty("id").GetGuid(), vm.GetProperty("hostId").GetGuid());
        var destination = (await _platform.ListAsync("/v1/hosts")).Select(h => h.GetProperty("id").GetGuid()).First(h => h != source);
        await PointsAsync($"/v1/vms/{id}/metrics?step=1", 2);
        var operation = await _platform.AcceptAsync($"/v1/vms/{id}/migrations", new { destinationHostId = destination });
        await _platform.EndOfAsync(operation);
        var moved = TimeProvider.System.GetUtcNow();

        var after = await PointsAsync($"/v1/vms/{id}/metrics?step=1&from={Uri.EscapeDataString(moved.ToString("O"))}", 2);
        Assert.All(after, p => Assert.InRange(p.GetProperty("cpuPercent").GetDouble(), 0.1, 100));
        Assert.All(after, p => Assert.Equal(256, p.GetProperty("memoryUsedMiB").GetInt64()));
        Assert.All(after, p => Assert.True(p.GetProperty("diskReadBytesPerSecond").GetInt64() > 0, p.ToString()));

        var host = (await PointsAsync($"/v1/hosts/{destination}/metrics?step=1", 1))[^1];
        Assert.Equal(262_144, host.GetProperty("memoryTotalMiB").GetInt64());
        Assert.True(host.GetProperty("memoryUsedMiB").GetInt64() >= 256, host.ToString());
        Assert.True(host.GetProperty("runningVms").GetInt32() >= 1, host.ToString());
        Assert.InRange(host.GetProperty("cpuPercent").GetDouble(), 0, 100);

        var course = await PointsAsync($"/v1/migrations/{operation}/progress", 2);
        Assert.Equal(course.Select(p => p.GetProperty("transferredBytes").GetInt64()).Order(), course.Select(p => p.GetProperty("transferredBytes").GetInt64()));
        Assert.True(course[^1].GetProperty("percent").GetDouble() > course[0].GetProperty("percent").GetDouble());
    }

    [Fact]
    public async Task What_cannot_be_answered_is_refused_in_its_own_words()
    {
        var host = (await _platform.ListAsync("/v1/hosts"))[0].GetProperty("id").GetGuid();
        await RefusedAsync($"/v1/hosts/{host}/metrics?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "invalid-parameter", "must be before 'to'");
        await RefusedAsync($"/v1/hosts/{host}/metrics?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&step=1", "invalid-parameter", "at most 3600 points");
        await RefusedAsync($"/v1/hosts/{Guid.NewGuid()}/metrics", "host-not-found", "");
        await RefusedAsync($"/v1/vms/{Guid.NewGuid()}/metrics", "vm-not-found", "");
        await RefusedAsync($"/v1/migrations/{Guid.NewGuid()}/progress", "migration-not-found", "");
        Assert.Empty((await _platform.GetAsync($"/v1/hosts/{host}/metrics?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z")).GetProperty("points").EnumerateArray());
    }

    async Task RefusedAsync(string path, string code, string words)
    {
        var problem = JsonSerializer.Deserialize<JsonElement>(await (await _platform.Api.GetAsync(path)).Content.ReadAsStringAsync());
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Contains(words, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    async Task<JsonElement[]> PointsAsync(string path, int atLeast)
    {
        JsonElement[] points = [];
        await Eventually.Until(
            async () => (points = [.. (await _platform.GetAsync(path)).GetProperty("points").EnumerateArray()]).Count(p => p.TryGetProperty("cpuPercent", out _) || p.TryGetProperty("percent", out _)) >= atLeast,
            $"{path} has {atLeast} points",
            lastSeen: () => Task.FromResult($"{points.Length} points"));
        return [.. points.Where(p => p.TryGetProperty("cpuPercent", out _) || p.TryGetProperty("percent", out _))];
    }
}
