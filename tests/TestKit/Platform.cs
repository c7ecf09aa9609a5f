using System.Net.Http.Json;
using System.Text.Json;
using HvPlatform.ServiceKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace HvPlatform.TestKit;

/// <summary>
/// The whole platform as its users meet it: real services on a real PostgreSQL, spoken to over HTTP only. Either all in one process with the in-memory
/// transport, or each service by itself over a real RabbitMQ.
/// </summary>
public sealed class Platform : IAsyncDisposable
{
    readonly List<TestHost> _hosts = [];
    readonly List<HvModule[]> _modules = [];
    readonly string _journal = TemporaryDirectory.Create("hv-journal-");
    string? _bus;
    string? _database;
    Dictionary<string, string?> _configuration = [];

    /// <summary>The REST API.</summary>
    public HttpClient Api { get; private set; } = NewApi();

    /// <summary>The broker's address, for other clients of it. Only if distributed.</summary>
    public string Bus => _bus ?? throw new InvalidOperationException("The platform is one process.");

    /// <summary>The applications, in the order of the modules (one if not distributed).</summary>
    public IReadOnlyList<TestHost> Hosts => _hosts;

    /// <summary>Starts services; the first module is the one that serves the API. Host-agents keep their journals in a directory that goes with the platform.</summary>
    /// <param name="modules">The services.</param>
    /// <param name="distributed">One application per module over RabbitMQ instead of one for all.</param>
    /// <param name="configuration">Configuration of all of them, for example <c>Hv:Agents:0:Driver</c>.</param>
    public static async Task<Platform> StartAsync(HvModule[] modules, bool distributed, Dictionary<string, string?> configuration)
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var platform = new Platform { _database = database, _configuration = configuration };
        try
        {
            if (distributed)
            {
                platform._bus = (await (await RabbitServer.SharedAsync()).CreateVirtualHostAsync()).ToString();
                foreach (var module in modules)
                {
                    platform._modules.Add([module]);
                    platform._hosts.Add(await TestHost.StartAsync(database, platform._bus, [module], platform.Configure(configuration)));
                }
            }
            else
            {
                platform._modules.Add(modules);
                platform._hosts.Add(await TestHost.StartAsync(database, "inmemory", modules, platform.Configure(configuration)));
            }

            platform.Api.BaseAddress = platform._hosts[0].Url;
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more service, for example another host's agent or a second orchestrator. Only if distributed.</summary>
    public async Task<TestHost> AddAsync(HvModule module, Dictionary<string, string?> configuration)
    {
        var bus = _bus ?? throw new InvalidOperationException("The platform is one process.");
        var host = await TestHost.StartAsync(module.Schema is null ? null : _database, bus, [module], Configure(configuration));
        _hosts.Add(host);
        return host;
    }

    /// <summary>Stops one of the first services and starts it again on the same database and bus. Only if distributed.</summary>
    public async Task RestartAsync(int index)
    {
        var bus = _bus ?? throw new InvalidOperationException("The platform is one process.");
        await _hosts[index].DisposeAsync();
        _hosts[index] = await TestHost.StartAsync(_database, bus, _modules[index], Configure(_configuration));
        if (index == 0)
        {
            Api.Dispose();
            Api = NewApi();
            Api.BaseAddress = _hosts[0].Url;
        }
    }

    /// <summary>Reads a resource; fails with the problem document if the API refuses.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Api.GetAsync(path);
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonSerializer.Deserialize<JsonElement>(body) : throw new InvalidOperationException($"GET {path}: {(int)response.StatusCode} {body}");
    }

    /// <summary>All items of a list resource's first page.</summary>
    public async Task<JsonElement[]> ListAsync(string path) => [.. (await GetAsync(path)).GetProperty("items").EnumerateArray()];

    /// <summary>Posts a command and returns the accepted operation's id; fails with the problem document if it is refused.</summary>
    public async Task<Guid> AcceptAsync(string path, object? body = null)
    {
        using var response = await Api.PostAsJsonAsync(path, body ?? new { });
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(text).GetProperty("id").GetGuid()
            : throw new InvalidOperationException($"POST {path}: {(int)response.StatusCode} {text}");
    }

    /// <summary>Waits until an operation has ended and returns it.</summary>
    public async Task<JsonElement> EndOfAsync(Guid operation, int timeoutSeconds = 60)
    {
        JsonElement seen = default;
        await Eventually.Until(
            async () => (seen = await GetAsync($"/v1/operations/{operation}")).GetProperty("status").GetString() is "Succeeded" or "Failed" or "Cancelled" or "RolledBack",
            $"operation {operation} ends",
            timeoutSeconds,
            () => Task.FromResult(seen.ToString()));
        return seen;
    }

    /// <summary>Waits until a resource is as wanted and returns it.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> wanted, string what, int timeoutSeconds = 30)
    {
        JsonElement seen = default;
        await Eventually.Until(async () => wanted(seen = await GetAsync(path)), what, timeoutSeconds, () => Task.FromResult(seen.ToString()));
        return seen;
    }

    /// <summary>Stops the services in reverse order.</summary>
    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            await host.DisposeAsync();
        }

        Directory.Delete(_journal, recursive: true);
    }

    static HttpClient NewApi() => new() { Timeout = TimeSpan.FromSeconds(60), DefaultRequestHeaders = { Authorization = TestAccess.Header } };

    Action<WebApplicationBuilder> Configure(Dictionary<string, string?> configuration) => builder =>
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Hv:Journal"] = _journal }).AddInMemoryCollection(configuration);
}
