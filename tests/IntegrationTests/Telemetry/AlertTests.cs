using System.Net;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.IntegrationTests.EndToEnd;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.Inventory;
using HvPlatform.Orchestrator;
using HvPlatform.Telemetry;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using Xunit;

namespace HvPlatform.IntegrationTests.Telemetry;

public sealed class AlertTests
{
    [Fact]
    public async Task An_alert_is_raised_acknowledged_and_cleared_once_each_and_the_history_tells_it()
    {
        await using var platform = await Platform.StartAsync(
            [OrchestratorModule.Create(), InventoryModule.Create(), TelemetryModule.Create()], distributed: false, new() { ["Hv:Telemetry:AlertInterval"] = "00:00:00.1" });
        var bus = platform.Hosts[0].Services.GetRequiredService<IBus>();
        var host = new HostId(Guid.NewGuid());
        await bus.Publish(new HostRegistered
        {
            HostId = host,
            Name = "alpha",
            Kind = HypervisorKind.Libvirt,
            AgentVersion = "1",
            AgentStartedAt = TimeProvider.System.GetUtcNow(),
            HeartbeatSeconds = 600,
            Generation = 1,
            Capabilities = new() { Hypervisor = "x", CpuModel = "y", CpuCount = 1, MemoryMiB = 1024, Facets = [] },
        });
        await platform.UntilAsync("/v1/hosts", h => h.GetProperty("items").GetArrayLength() == 1, "the host is known");
        var history = new SseClient(platform.Api, $"/v1/events?host={host}&types=alert_raised,alert_acknowledged,alert_cleared&after=0");
        var told = history.ReadAsync(c => c.Received.Any(e => e.Type == "alert_cleared"), 60);

        await bus.Publish(Beat(host, new() { Kind = ErrorKind.Transient, Code = "no-socket", Message = "libvirtd is not there" }));
        var open = (await UntilAsync(platform, "true", 1))[0];
        Assert.Equal(("hypervisor-unreachable", "Critical", "Host", host.Value), (
            open.GetProperty("rule").GetString(), open.GetProperty("severity").GetString(), open.GetProperty("subjectKind").GetString(), open.GetProperty("subjectId").GetGuid()));
        Assert.Contains("libvirtd is not there", open.GetProperty("message").GetString(), StringComparison.Ordinal);

        var calm = TimeProvider.System.GetUtcNow().AddMinutes(-10);
        Assert.Equal("""{"open":1,"unacknowledged":1,"bySeverity":{"Critical":1}}""", await FleetAlertsAsync(platform));
        Assert.Equal("""{"open":0,"unacknowledged":0,"bySeverity":{}}""", await FleetAlertsAsync(platform, calm));

        var id = open.GetProperty("id").GetGuid();
        Assert.Equal(id, await platform.AcceptAsync($"/v1/alerts/{id}/acknowledge"));
        Assert.Equal(id, await platform.AcceptAsync($"/v1/alerts/{id}/acknowledge"));
        await platform.UntilAsync("/v1/alerts?open=true", a => a.GetProperty("items")[0].TryGetProperty("acknowledgedAt", out _), "the alert is acknowledged");

        var acknowledged = TimeProvider.System.GetUtcNow();
        Assert.Equal("""{"open":1,"unacknowledged":0,"bySeverity":{"Critical":1}}""", await FleetAlertsAsync(platform));

        await bus.Publish(Beat(host, null));
        await UntilAsync(platform, "true", 0);
        Assert.True((await UntilAsync(platform, "false", 1))[0].TryGetProperty("clearedAt", out _));
        Assert.Equal("""{"open":0,"unacknowledged":0,"bySeverity":{}}""", await FleetAlertsAsync(platform));
        Assert.Equal("""{"open":1,"unacknowledged":1,"bySeverity":{"Critical":1}}""", await FleetAlertsAsync(platform, open.GetProperty("raisedAt").GetDateTimeOffset()));
        Assert.Equal("""{"open":1,"unacknowledged":0,"bySeverity":{"Critical":1}}""", await FleetAlertsAsync(platform, acknowledged));
        await told;
        Assert.Equal(["alert_raised", "alert_acknowledged", "alert_cleared"], history.Received.Select(e => e.Type));
        Assert.All(history.Received, e => Assert.Equal(id, e.Data.GetProperty("streamId").GetGuid()));

        Assert.Equal(HttpStatusCode.NotFound, (await platform.Api.PostAsync($"/v1/alerts/{Guid.NewGuid()}/acknowledge", null)).StatusCode);
    }

    [Fact]
    public async Task Late_certificates_dead_letters_and_error_queues_are_told_until_they_are_no_more()
    {
        await using var platform = await Platform.StartAsync(
            [OrchestratorModule.Create(), InventoryModule.Create(), TelemetryModule.Create()], distributed: true,
            new() { ["Hv:Telemetry:AlertInterval"] = "00:00:00.1", ["Hv:Telemetry:QueueInterval"] = "00:00:00.1" });
        var database = platform.Hosts[0].Database("orchestrator").DataSource;
        await ExecuteAsync(
            """
            INSERT INTO agents (id, host_name, joined_at, certificate_expires_at, seen_at, at_broker) SELECT a.id, a.name, now(), a.ends, now(), true
            FROM (VALUES ('00000000-0000-0000-0000-000000000001'::uuid, 'late', now() + interval '1 day'), ('00000000-0000-0000-0000-000000000002', 'ended', now() - interval '1 hour'),
                         ('00000000-0000-0000-0000-000000000003', 'fresh', now() + interval '29 days')) AS a(id, name, ends);
            INSERT INTO agent_certificates (serial, agent_id, certificate, issued_at, expires_at) SELECT host_name, id, '', certificate_expires_at - interval '30 days', certificate_expires_at FROM agents;
            INSERT INTO agent_certificates (serial, agent_id, certificate, issued_at, expires_at) SELECT 'before', id, '', now() - interval '29 days', now() + interval '1 hour' FROM agents WHERE host_name = 'fresh';
            INSERT INTO webhooks (id, url, types, secret, position, created_by, created_at, updated_at) VALUES ('00000000-0000-0000-0000-000000000004', 'HTTPS://ops.example.org/secret?key=1', '{}', 'x', 0, 'ada', now(), now());
            INSERT INTO webhook_deliveries (id, webhook_id, type, body, status, created_at, give_up_at, next_attempt_at)
            VALUES ('00000000-0000-0000-0000-000000000005', '00000000-0000-0000-0000-000000000004', 'x', '{}', 'Dead', now(), now(), now());
            """);
        await using var connection = await new ConnectionFactory { Uri = new Uri(platform.Bus) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync(Queues.Orchestrator, "", mandatory: true, new BasicProperties { ContentType = "application/vnd.masstransit+json" }, "this is not JSON"u8.ToArray());

        var open = await UntilAsync(platform, "true", 4);
        Assert.Equal(
            ["agent-certificate-ended Critical ended", "agent-certificate-ending Warning late", "queue-errors Warning orchestrator_error", "webhook-dead-letters Warning https://ops.example.org"],
            open.Select(a => $"{a.GetProperty("rule").GetString()} {a.GetProperty("severity").GetString()} {a.GetProperty("subjectName").GetString()}").Order());

        await ExecuteAsync("ALTER VIEW webhook_dead_view RENAME TO not_yet");
        await channel.QueuePurgeAsync($"{Queues.Orchestrator}_error");
        Assert.Contains(await UntilAsync(platform, "true", 3), a => a.GetProperty("rule").GetString() == "webhook-dead-letters");
        await ExecuteAsync("ALTER VIEW not_yet RENAME TO webhook_dead_view");

        await ExecuteAsync("UPDATE agents SET revoked_at = now() WHERE host_name = 'ended'; UPDATE agent_certificates SET expires_at = now() + interval '29 days' WHERE serial = 'late'; DELETE FROM webhooks");
        await UntilAsync(platform, "true", 0);

        async Task ExecuteAsync(string sql)
        {
            await using var command = database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>The alerts in the figures of the fleet.</summary>
    static async Task<string> FleetAlertsAsync(Platform platform, DateTimeOffset? asOf = null) =>
        (await platform.GetAsync($"/v1/fleet{(asOf is { } at ? $"?asOf={TimeTravelWorld.At(at)}" : "")}")).GetProperty("alerts").GetRawText();

    static HostHeartbeat Beat(HostId host, ErrorInfo? error) => new() { HostId = host, SentAt = TimeProvider.System.GetUtcNow(), HypervisorReachable = error is null, Error = error, MemoryFreeMiB = 1000 };

    static async Task<JsonElement[]> UntilAsync(Platform platform, string open, int count) =>
        [.. (await platform.UntilAsync($"/v1/alerts?open={open}", a => a.GetProperty("items").GetArrayLength() == count, $"{count} alerts with open={open}")).GetProperty("items").EnumerateArray()];
}
