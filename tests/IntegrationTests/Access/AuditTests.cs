using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.HostAgent.Joining;
using HvPlatform.Inventory;
using HvPlatform.Orchestrator;
using HvPlatform.ServiceKit.Tls;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.Access;

/// <summary>From the request to <c>GET /v1/audit</c>, through the bus and the inventory's history: who did what, from where.</summary>
public sealed class AuditTests
{
    const string Admin = "203.0.113.5";
    const string Machine = "203.0.113.9";

    [Fact]
    public async Task Every_change_of_access_of_agents_and_of_webhooks_is_told_with_who_did_it_from_where()
    {
        var host = new HostId(Guid.NewGuid());
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var platform = await TestHost.StartAsync(database, "inmemory", [OrchestratorModule.Create(), InventoryModule.Create()], builder => builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orchestrator:Ca:Directory"] = TemporaryDirectory.Create("hv-audit-ca-"),
            ["Orchestrator:Access:TrustedProxies:0"] = "127.0.0.1",
            ["Orchestrator:Access:RefusalInterval"] = "00:00:00.2",
            ["Orchestrator:Webhooks:AllowPrivate"] = "true",
        }));
        using var admin = TestAccess.Client(platform.Url);
        admin.DefaultRequestHeaders.Add("X-Forwarded-For", Admin);
        admin.DefaultRequestHeaders.Add("X-Requested-By", "ann");
        admin.DefaultRequestHeaders.Add("X-Reason", "ticket 7");
        using var machine = new HttpClient { BaseAddress = platform.Url };
        machine.DefaultRequestHeaders.Add("X-Forwarded-For", Machine);
        async Task<JsonElement> DoAsync(HttpClient who, HttpMethod method, string path, object? body = null)
        {
            using var response = await who.SendAsync(new(method, path) { Content = body is null ? null : JsonContent.Create(body, options: HvJson.Options) });
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
            return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
        }

        static Guid Id(JsonElement made) => made.GetProperty("id").GetGuid();
        await platform.Services.GetRequiredService<IBus>().Publish(Registered(host));
        await Eventually.Until(async () => (await DoAsync(admin, HttpMethod.Get, "/v1/hosts")).GetProperty("items").GetArrayLength() == 1, "the host is known");

        var token = await DoAsync(admin, HttpMethod.Post, "/v1/api-tokens", new { name = "ci", role = "Viewer", groups = new[] { "*" } });
        var grant = await DoAsync(admin, HttpMethod.Post, "/v1/grants", new { subject = "user:bob", group = "*", role = "Operator" });
        await DoAsync(admin, HttpMethod.Put, "/v1/resource-groups/lab", new { hosts = new[] { host } });
        var join = await DoAsync(admin, HttpMethod.Post, "/v1/join-tokens", new { name = "rack 7" });
        var spare = await DoAsync(admin, HttpMethod.Post, "/v1/join-tokens", new { });
        await DoAsync(admin, HttpMethod.Delete, $"/v1/join-tokens/{Id(spare)}");
        using var key = new FreshKey();
        var joined = await DoAsync(machine, HttpMethod.Post, "/v1/agents/join", new { token = join.GetProperty("token").GetString(), hostName = "kvm1", csr = key.SigningRequest });
        var agent = joined.GetProperty("agentId").GetGuid();
        var pem = key.With(joined.GetProperty("certificate").GetString()!);
        using var certificate = X509Certificate2.CreateFromPem(pem, pem);
        var (at, first) = (TimeProvider.System.GetUtcNow(), new HostId(Guid.NewGuid()));
        await DoAsync(machine, HttpMethod.Post, "/v1/agents/hosts", new
        {
            serial = PlatformCertificate.Serial(certificate),
            at,
            signature = AgentSignature.Sign(certificate, AgentSignature.Hosts, at, $"{first} new"),
            hosts = new[] { new { id = first, name = "new" } },
        });
        await DoAsync(admin, HttpMethod.Put, $"/v1/agents/{agent}/hosts/{host}");
        await DoAsync(admin, HttpMethod.Put, $"/v1/agents/{agent}/hosts/{host}");
        await DoAsync(admin, HttpMethod.Delete, $"/v1/agents/{agent}");
        await DoAsync(admin, HttpMethod.Delete, $"/v1/agents/{agent}");
        var hook = await DoAsync(admin, HttpMethod.Post, "/v1/webhooks", new { url = "HTTP://127.0.0.1:9/path-of-the-hook?key=of-the-hook", types = new[] { "vm_moved" } });
        await DoAsync(admin, HttpMethod.Patch, $"/v1/webhooks/{Id(hook)}", new { paused = true });
        var secret = await DoAsync(admin, HttpMethod.Post, $"/v1/webhooks/{Id(hook)}/secret");
        await DoAsync(admin, HttpMethod.Delete, $"/v1/webhooks/{Id(hook)}");
        await DoAsync(admin, HttpMethod.Delete, $"/v1/grants/{Id(grant)}");
        await DoAsync(admin, HttpMethod.Delete, "/v1/resource-groups/lab");

        // Whoever is no administrator does not read it, and that is told too.
        using (var viewer = TestAccess.Client(platform.Url))
        {
            viewer.DefaultRequestHeaders.Authorization = new("Bearer", token.GetProperty("token").GetString());
            viewer.DefaultRequestHeaders.Add("X-Forwarded-For", Machine);
            using var refused = await viewer.GetAsync("/v1/audit");
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        await DoAsync(admin, HttpMethod.Delete, $"/v1/api-tokens/{Id(token)}");

        string[] expected =
        [
            "access_grant_removed", "access_granted", "access_refused", "agent_host_approved", "agent_host_claimed", "agent_joined", "agent_revoked", "api_token_created", "api_token_revoked", "join_token_created", "join_token_created", "join_token_deleted",
            "resource_group_changed", "resource_group_removed", "webhook_changed", "webhook_changed", "webhook_created", "webhook_deleted",
        ];
        async Task<List<JsonElement>> AuditAsync()
        {
            var (all, cursor) = (new List<JsonElement>(), "");
            do
            {
                var page = await DoAsync(admin, HttpMethod.Get, $"/v1/audit?limit=5{cursor}");
                all.AddRange(page.GetProperty("items").EnumerateArray());
                cursor = page.TryGetProperty("nextCursor", out var next) ? $"&cursor={Uri.EscapeDataString(next.GetString()!)}" : "";
            }
            while (cursor.Length > 0);
            return all;
        }

        string[] TypesOf(IEnumerable<JsonElement> events) => [.. events.Select(e => e.GetProperty("type").GetString()!).Order(StringComparer.Ordinal)];
        await Eventually.Until(async () => TypesOf(await AuditAsync()).SequenceEqual(expected), "all of it is told", 30, async () => string.Join(' ', TypesOf(await AuditAsync())));
        var audit = await AuditAsync();
        JsonElement DataOf(string type) => audit.First(e => e.GetProperty("type").GetString() == type).GetProperty("data");
        foreach (var e in audit.Where(e => e.GetProperty("type").GetString() is not ("access_refused" or "agent_joined" or "agent_host_claimed")))
        {
            var data = e.GetProperty("data");
            Assert.Equal(("ann (via local)", "ticket 7", Admin), (data.GetProperty("trail").GetProperty("requestedBy").GetString(), data.GetProperty("trail").GetProperty("reason").GetString(), data.GetProperty("address").GetString()));
        }

        Assert.Equal((Machine, "ann (via local)", "kvm1"), (DataOf("agent_joined").GetProperty("address").GetString(), DataOf("agent_joined").GetProperty("tokenCreatedBy").GetString(), DataOf("agent_joined").GetProperty("hostName").GetString()));
        Assert.Equal((host.Value, "alpha"), (DataOf("agent_host_approved").GetProperty("hostId").GetGuid(), DataOf("agent_host_approved").GetProperty("hostName").GetString()));
        Assert.Equal((first.Value, agent, Machine), (
            DataOf("agent_host_claimed").GetProperty("hostId").GetGuid(), DataOf("agent_host_claimed").GetProperty("agentId").GetGuid(), DataOf("agent_host_claimed").GetProperty("address").GetString()));
        Assert.Equal(("token:ci", Machine, "forbidden", "/v1/audit"), (
            DataOf("access_refused").GetProperty("caller").GetString(), DataOf("access_refused").GetProperty("address").GetString(), DataOf("access_refused").GetProperty("code").GetString(), DataOf("access_refused").GetProperty("endpoint").GetString()));
        Assert.Equal("http://127.0.0.1:9", DataOf("webhook_created").GetProperty("url").GetString());
        Assert.True(DataOf("webhook_changed").GetProperty("secretReplaced").GetBoolean() != audit.Last(e => e.GetProperty("type").GetString() == "webhook_changed").GetProperty("data").GetProperty("secretReplaced").GetBoolean());

        // What may not be read there by anybody.
        var text = string.Join('\n', audit.Select(e => e.ToString()));
        foreach (var hidden in new[] { token.GetProperty("token"), join.GetProperty("token"), hook.GetProperty("secret"), secret.GetProperty("secret") })
        {
            Assert.DoesNotContain(hidden.GetString()!, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("of-the-hook", text, StringComparison.Ordinal);
    }

    static HostRegistered Registered(HostId host) => new()
    {
        HostId = host,
        Name = "alpha",
        Kind = HypervisorKind.Libvirt,
        Capabilities = new HostCapabilities { Hypervisor = "QEMU", CpuModel = "EPYC", CpuCount = 8, MemoryMiB = 32768, Facets = ["power"] },
        AgentVersion = "0.1.0",
        AgentStartedAt = TimeProvider.System.GetUtcNow(),
        HeartbeatSeconds = 600,
        Generation = 1,
    };
}
