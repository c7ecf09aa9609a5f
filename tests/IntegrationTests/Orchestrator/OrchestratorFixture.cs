using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>
/// The real orchestrator on a real PostgreSQL and real HTTP, with the in-memory transport. In place of the inventory its published tables are filled by
/// the tests; in place of hosts and the saga their queues are read by a <see cref="Probe"/>.
/// </summary>
public sealed class OrchestratorFixture : IAsyncLifetime
{
    /// <summary>Two hosts of one kind with every facet, 64 GiB each.</summary>
    public HostId Alpha { get; } = new(Guid.NewGuid());

    public HostId Beta { get; } = new(Guid.NewGuid());

    /// <summary>A host of another kind.</summary>
    public HostId Hyper { get; } = new(Guid.NewGuid());

    /// <summary>A host whose agent was last seen an hour ago.</summary>
    public HostId Silent { get; } = new(Guid.NewGuid());

    /// <summary>A host whose hypervisor does not answer.</summary>
    public HostId Broken { get; } = new(Guid.NewGuid());

    /// <summary>A host that offers no facet.</summary>
    public HostId Bare { get; } = new(Guid.NewGuid());

    /// <summary>A host whose agent knows live migration on shared storage only.</summary>
    public HostId Old { get; } = new(Guid.NewGuid());

    /// <summary>A host with 4 GiB.</summary>
    public HostId Small { get; } = new(Guid.NewGuid());

    public Probe Probe { get; } = new();

    public TestHost Host { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public InventoryRows Inventory { get; private set; } = null!;

    /// <summary>Settings of other sections.</summary>
    public Dictionary<string, string?> Sections { get; } = [];

    public ValueTask InitializeAsync() => StartAsync([]);

    /// <summary>Starts with settings of the section Orchestrator.</summary>
    public async ValueTask StartAsync(Dictionary<string, string?> settings)
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        Inventory = await InventoryRows.CreateAsync(database);
        string[] old = ["power", "definition", "migration", "stats"];
        string[] facets =
        [
            .. old, "migration-cold", "migration-storage", "migration-postcopy", "power-save", "power-reset", "power-hibernate", "definition-rename", "settings", "checkpoints", "guest", "guest-files", "storage",
            "console", "switches",
        ];
        await Inventory.AddHostAsync(Alpha, "alpha", facets: facets);
        await Inventory.AddHostAsync(Beta, "beta", facets: facets);
        await Inventory.AddHostAsync(Hyper, "hyper", HypervisorKind.HyperV, facets: facets);
        await Inventory.AddHostAsync(Silent, "silent", facets: facets, lastSeenAt: TimeProvider.System.GetUtcNow().AddHours(-1));
        await Inventory.AddHostAsync(Broken, "broken", facets: facets, reachability: "HypervisorUnreachable");
        await Inventory.AddHostAsync(Bare, "bare", facets: []);
        await Inventory.AddHostAsync(Old, "old", facets: old);
        await Inventory.AddHostAsync(Small, "small", facets: facets, memoryMiB: 4096);
        Host = await TestHost.StartAsync(database, "inmemory", [OrchestratorModule.Create(), Probe.Module(Alpha, Beta, Hyper, Silent, Broken, Bare, Old, Small)],
            builder => builder.Configuration.AddInMemoryCollection(settings.ToDictionary(s => $"Orchestrator:{s.Key}", s => s.Value)).AddInMemoryCollection(Sections));
        Http = TestAccess.Client(Host.Url);
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        if (Inventory is not null)
        {
            await Inventory.DisposeAsync();
        }
    }

    /// <summary>A VM on <see cref="Alpha"/>.</summary>
    public Task<VmId> AddVmAsync(VmState state = VmState.Off, HostId? host = null, string? name = null, long memoryMiB = 1024) =>
        Inventory.AddVmAsync(host ?? Alpha, name ?? $"vm-{Guid.NewGuid():n}", state, memoryMiB);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body switch
        {
            null => null,
            byte[] bytes => new ByteArrayContent(bytes) { Headers = { ContentType = new("application/json") } },
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body, options: HvJson.Options),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body, headers);

    /// <summary>Sends what must be accepted; returns the operation.</summary>
    public async Task<JsonElement> AcceptedAsync(string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var response = await PostAsync(path, body, headers);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, $"{(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Reads a problem document and checks its frame.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"expected {status} {code}, found {(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal($"urn:hvplatform:problem:{code}", problem.GetProperty("type").GetString());
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.NotEmpty(problem.GetProperty("advice").GetString()!);
        return problem;
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Http.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"GET {path}: {(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    public Task PublishAsync<T>(T message)
        where T : class => Host.Services.GetRequiredService<IBus>().Publish(message);

    public async Task SendToOrchestratorAsync<T>(T message)
        where T : class
    {
        var endpoint = await Host.Services.GetRequiredService<IBus>().GetSendEndpoint(new Uri($"exchange:{Queues.Orchestrator}"));
        await endpoint.Send(message);
    }

    /// <summary>Answers a lifecycle command as its host's agent does.</summary>
    public Task CompleteAsync(OperationId operation, VmId vm, OperationKind kind, VmState state, HostId? host = null) => PublishAsync(new VmCommandCompleted
    {
        OperationId = operation,
        Step = "any",
        HostId = host ?? Alpha,
        VmId = vm,
        Kind = kind,
        State = state,
        At = TimeProvider.System.GetUtcNow(),
    });

    public Task StatusBecomesAsync(OperationId operation, OperationStatus status) => Eventually.Until(
        async () => (await GetAsync($"/v1/operations/{operation}")).GetProperty("status").GetString() == status.ToString(),
        $"operation {operation} is {status}", 20, async () => (await GetAsync($"/v1/operations/{operation}")).ToString());

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Host.Database("orchestrator").DataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>How many rows the orchestrator has of everything an accepted request leaves behind.</summary>
    public Task<string> FootprintAsync() => ScalarAsync<string>(
        """
        SELECT concat_ws(' ', (SELECT count(*) FROM operations), (SELECT count(*) FROM vm_locks), (SELECT coalesce(sum(epoch), 0) FROM vm_epochs),
                              (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM reservations))
        """);

    public static OperationId IdOf(JsonElement operation) => new(operation.GetProperty("id").GetGuid());
}
