using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Alerts;
using HvPlatform.Contracts.History;
using HvPlatform.Events;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.Telemetry;
using Xunit;

namespace HvPlatform.IntegrationTests.Access;

/// <summary>The group mine has the host alpha with two VMs, and one of two VMs on the host beta. Of each there is an operation and an alert, and there is one alert about the platform itself.</summary>
public sealed class ScopedFleet : IAsyncLifetime
{
    readonly OrchestratorFixture platform = new();
    readonly Dictionary<string, Guid> alerts = [];

    public OrchestratorFixture Platform => platform;

    public IReadOnlyDictionary<string, Guid> Alerts => alerts;

    public DateTimeOffset Before { get; private set; }

    public async ValueTask InitializeAsync()
    {
        await platform.StartAsync([]);
        Assert.Equal(0, (await platform.GetAsync("/v1/fleet")).GetProperty("alerts").GetProperty("open").GetInt32());
        await MakeAlertsTableAsync();
        await platform.ScalarAsync<long>(
            """
            WITH made AS (
                INSERT INTO inventory.host_versions (host_id, valid_from, version, name, kind, agent_version, heartbeat_seconds, hypervisor, cpu_model, cpu_count, memory_mib, facets, migration_uri,
                                                     max_concurrent_migrations, capabilities, reachability, reachability_since, error, joined_at, maintenance)
                SELECT host_id, changed_at, version, name, kind, agent_version, heartbeat_seconds, hypervisor, cpu_model, cpu_count, memory_mib, facets, migration_uri,
                       max_concurrent_migrations, capabilities, reachability, reachability_since, error, joined_at, maintenance FROM inventory.hosts RETURNING 1)
            SELECT count(*) FROM made
            """);
        Before = TimeProvider.System.GetUtcNow().AddMinutes(-10);
        var (first, second) = (await platform.AddVmAsync(VmState.Off, platform.Alpha, "first"), await platform.AddVmAsync(VmState.Running, platform.Alpha, "second"));
        var (given, other) = (await platform.AddVmAsync(VmState.Off, platform.Beta, "given"), await platform.AddVmAsync(VmState.Off, platform.Beta, "other"));
        using (var group = await platform.SendAsync(HttpMethod.Put, "/v1/resource-groups/mine", new { hosts = new[] { platform.Alpha }, vms = new[] { given } }))
        {
            Assert.Equal(HttpStatusCode.OK, group.StatusCode);
        }

        await platform.AcceptedAsync($"/v1/vms/{first}/start");
        await platform.AcceptedAsync($"/v1/vms/{other}/start");
        await AlertAsync("of second", second, platform.Alpha);
        await AlertAsync("of given", given, platform.Beta);
        await AlertAsync("of alpha", null, platform.Alpha);
        await AlertAsync("of other", other, platform.Beta);
        await AlertAsync("of beta", null, platform.Beta);
        await AlertAsync("of the platform", null, null);
    }

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    /// <summary>The telemetry's own table, made by its own SQL: the service itself does not run here.</summary>
    async Task MakeAlertsTableAsync()
    {
        using var reader = new StreamReader(typeof(TelemetryModule).Assembly.GetManifestResourceStream("Sql/0002-alerts.sql")!);
        await using var command = platform.Host.Database("orchestrator").DataSource.CreateCommand(
            $"BEGIN; CREATE SCHEMA telemetry; SET LOCAL search_path = telemetry; {await reader.ReadToEndAsync()}; COMMIT;");
        await command.ExecuteNonQueryAsync();
    }

    async Task AlertAsync(string message, VmId? vm, HostId? host) => alerts[message] = await platform.ScalarAsync<Guid>(
        $"""
        INSERT INTO telemetry.alerts (id, rule, severity, subject_kind, subject_id, vm_id, host_id, message, advice, raised_at)
        VALUES (gen_random_uuid(), '{message}', 'Warning', '{(vm is not null ? "Vm" : host is not null ? "Host" : "Platform")}', {Id(vm?.Value ?? host?.Value)}, {Id(vm?.Value)}, {Id(host?.Value)}, '{message}', 'Look.', now())
        RETURNING id
        """);

    static string Id(Guid? id) => id is { } value ? $"'{value}'" : "NULL";
}

/// <summary>The fleet in figures, what differs in it, and alerts, for callers with roles in some groups: they are told of what these groups hold, and of nothing else.</summary>
public sealed class ScopedFleetTests(ScopedFleet world) : IClassFixture<ScopedFleet>
{
    [Fact]
    public async Task The_fleets_figures_are_those_of_the_callers_groups()
    {
        var (mine, all) = (await TokenAsync("Viewer", "mine"), await TokenAsync("Viewer", "*"));
        var asOf = $"?asOf={Uri.EscapeDataString(TimeProvider.System.GetUtcNow().ToString("O"))}";
        foreach (var (token, hosts, vms, running, open) in new[] { (mine, 1, 3, 1, 3), (all, 8, 4, 2, 6), (await TokenAsync("Viewer", "default"), 7, 1, 1, 2) })
        {
            var fleet = await ReadAsync(token, "/v1/fleet");
            Assert.Equal((hosts, vms, running, open), (
                fleet.GetProperty("hosts").GetProperty("total").GetInt32(), fleet.GetProperty("vms").GetProperty("total").GetInt32(),
                fleet.GetProperty("operations").GetProperty("running").GetInt32(), fleet.GetProperty("alerts").GetProperty("open").GetInt32()));
            var past = await ReadAsync(token, $"/v1/fleet{asOf}");
            Assert.Equal((hosts, vms, open), (
                past.GetProperty("hosts").GetProperty("total").GetInt32(), past.GetProperty("vms").GetProperty("total").GetInt32(), past.GetProperty("alerts").GetProperty("open").GetInt32()));
        }

        var own = await ReadAsync(mine, "/v1/fleet");
        Assert.Equal((16, 65536, 1024), (
            own.GetProperty("capacity").GetProperty("cores").GetInt32(), own.GetProperty("capacity").GetProperty("memoryMiB").GetInt32(), own.GetProperty("capacity").GetProperty("memoryAssignedMiB").GetInt32()));
    }

    [Fact]
    public async Task What_differs_is_told_of_the_callers_groups()
    {
        var diff = await ReadAsync(await TokenAsync("Viewer", "mine"), $"/v1/diff?from={Uri.EscapeDataString(world.Before.ToString("O"))}");
        Assert.Equal(["alpha", "first", "given", "second"], diff.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("name").GetString()));
        Assert.Equal(4, diff.GetProperty("summary").GetProperty("added").GetInt32());
        var all = await ReadAsync(await TokenAsync("Viewer", "*"), $"/v1/diff?from={Uri.EscapeDataString(world.Before.ToString("O"))}");
        Assert.Equal(12, all.GetProperty("summary").GetProperty("added").GetInt32());
    }

    [Fact]
    public async Task Alerts_are_listed_and_acknowledged_in_the_callers_groups()
    {
        var (viewer, @operator) = (await TokenAsync("Viewer", "mine"), await TokenAsync("Operator", "mine"));
        var listed = (await ReadAsync(viewer, "/v1/alerts?open=true")).GetProperty("items").EnumerateArray().Select(a => a.GetProperty("message").GetString()!);
        Assert.Equal(["of alpha", "of given", "of second"], listed.Order(StringComparer.Ordinal));
        var page = await ReadAsync(viewer, "/v1/alerts?limit=2");
        Assert.Single((await ReadAsync(viewer, $"/v1/alerts?limit=2&cursor={Uri.EscapeDataString(page.GetProperty("nextCursor").GetString()!)}")).GetProperty("items").EnumerateArray());

        await RefusedAsync(viewer, "of given", 403, "forbidden");
        foreach (var own in (string[])["of given", "of alpha"])
        {
            using var response = await AcknowledgeAsync(@operator, own);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        foreach (var others in (string[])["of other", "of beta", "of the platform"])
        {
            await RefusedAsync(@operator, others, 404, "alert-not-found");
        }

        async Task RefusedAsync(string token, string alert, int status, string code)
        {
            using var response = await AcknowledgeAsync(token, alert);
            await OrchestratorFixture.ProblemAsync(response, status, code);
        }
    }

    [Fact]
    public async Task The_event_stream_tells_of_the_alerts_of_the_callers_groups()
    {
        foreach (var message in (string[])["of other", "of the platform", "of given", "of alpha"])
        {
            var alert = new AlertId(world.Alerts[message]);
            await world.Platform.Inventory.Events.AppendAsync(new StreamAppend
            {
                StreamId = alert.Value,
                StreamType = "alert",
                Events =
                [
                    new NewEvent(new AlertRaised
                    {
                        AlertId = alert,
                        Rule = message,
                        Severity = AlertSeverity.Warning,
                        SubjectKind = AlertSubjectKind.Platform,
                        Message = message,
                        Advice = "Look.",
                        RaisedAt = TimeProvider.System.GetUtcNow(),
                    }),
                ],
            });
        }

        using var client = new HttpClient { BaseAddress = world.Platform.Host.Url, DefaultRequestHeaders = { Authorization = new("Bearer", await TokenAsync("Viewer", "mine")) } };
        var stream = new SseClient(client, "/v1/events?types=alert_raised&after=0");
        await stream.ReadAsync(s => s.Received.Count == 2);
        Assert.Equal([world.Alerts["of given"], world.Alerts["of alpha"]], stream.Received.Select(e => e.Data.GetProperty("streamId").GetGuid()));
    }

    Task<HttpResponseMessage> AcknowledgeAsync(string token, string alert) => SendAsync(token, HttpMethod.Post, $"/v1/alerts/{world.Alerts[alert]}/acknowledge");

    async Task<HttpResponseMessage> SendAsync(string token, HttpMethod method, string path)
    {
        using var client = new HttpClient { BaseAddress = world.Platform.Host.Url, DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        return await client.SendAsync(new(method, path));
    }

    async Task<JsonElement> ReadAsync(string token, string path)
    {
        using var response = await SendAsync(token, HttpMethod.Get, path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"GET {path}: {(int)response.StatusCode}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    async Task<string> TokenAsync(string role, string group)
    {
        using var response = await world.Platform.PostAsync("/v1/api-tokens", new { name = $"{role} in {group}", role, groups = new[] { group } });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }
}
