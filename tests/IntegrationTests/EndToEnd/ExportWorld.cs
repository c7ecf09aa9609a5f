using System.Net.Http.Json;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HostAgent;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.Inventory;
using HvPlatform.MigrationSaga;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>Orchestrator, saga and inventory in one process, the agents of a simulated fleet in another that comes and goes while the fleet lives on, RabbitMQ between them.</summary>
public sealed class ExportWorld : IAsyncLifetime
{
    const int Seed = 47;

    readonly string _journal = TemporaryDirectory.Create("hv-export-");
    readonly SimulatedFleets _fleets = new(TimeProvider.System);
    string _bus = "";
    TestHost? _core;
    TestHost? _agent;
    int _made;

    public SimulatedFleet Fleet { get; } = new(Seed, TimeProvider.System);

    public SimulatedHost Host => Fleet.Hosts[0];

    public HttpClient Api { get; } = new() { Timeout = TimeSpan.FromSeconds(30), DefaultRequestHeaders = { Authorization = TestAccess.Header } };

    public async ValueTask InitializeAsync()
    {
        // 100 MiB/s: a disk of 300 MiB takes three seconds, one of 1 MiB none.
        Fleet.Populate(2, 0, 512, new SimulatedHostOptions { BandwidthMiBps = 100 });
        _fleets.TryAdd(Seed, Fleet);
        _bus = (await (await RabbitServer.SharedAsync()).CreateVirtualHostAsync()).ToString();
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        _core = await TestHost.StartAsync(database, _bus, [OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create()], builder => builder.Services.AddSingleton(new MigrationTimings
        {
            Reissue = TimeSpan.FromSeconds(1),
            StepDeadline = TimeSpan.FromSeconds(4),
            TransferCheck = TimeSpan.FromSeconds(1),
            RetryDelay = TimeSpan.FromMilliseconds(100),
            MaxAttempts = 3,
        }));
        Api.BaseAddress = _core.Url;
        await StartAgentAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await StopAgentAsync();
        await _core!.DisposeAsync();
        System.IO.Directory.Delete(_journal, recursive: true);
    }

    public async Task StartAgentAsync() => _agent ??= await TestHost.StartAsync(null, _bus, [HostAgentModule.Create()], builder =>
    {
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Hv:Journal"] = _journal,
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Seed"] = $"{Seed}",
            ["Hv:Agents:0:HeartbeatSeconds"] = "0.5",
            ["Hv:Agents:0:StopSeconds"] = "0.2",
            ["Hv:Agents:0:ExportRoots:0"] = "/exports",
        });
        builder.Services.AddSingleton(_fleets);
    });

    public async Task StopAgentAsync()
    {
        if (_agent is { } agent)
        {
            _agent = null;
            await agent.DisposeAsync();
        }
    }

    /// <summary>A VM with one disk, in the inventory.</summary>
    public async Task<VmInfo> VmAsync(long diskMiB = 1, VmState state = VmState.Off)
    {
        var id = new VmId(Guid.NewGuid());
        var vm = SimulatedFleet.NewVm(id, $"export-{Interlocked.Increment(ref _made)}", 1, 256, state) with
        {
            Disks = [new VmDisk { Target = "vda", Source = $"/local/{id}.img", Format = "raw", AllocatedBytes = diskMiB << 20 }],
            Nics = [new VmNic { MacAddress = "52:54:00:00:00:01", Network = "blue" }],
        };
        Host.AddVm(vm);
        await Eventually.Until(async () => (await Api.GetAsync($"/v1/vms/{id}")).IsSuccessStatusCode, "the VM is in the inventory");
        return vm;
    }

    public string Directory(VmInfo vm) => $"/exports/{vm.Name}";

    public Task<Guid> ExportAsync(VmInfo vm, string? directory = null) => AcceptAsync($"/v1/vms/{vm.Id}/export", new { directory = directory ?? Directory(vm) });

    public Task<Guid> ImportAsync(object settings, Guid? vm = null) => AcceptAsync($"/v1/hosts/{Host.Id}/import", vm is null ? new { settings } : new { vmId = vm, settings });

    public async Task<Guid> AcceptAsync(string path, object body)
    {
        var (status, answer) = await PostAsync(path, body);
        return status == 202 ? answer.GetProperty("id").GetGuid() : throw new InvalidOperationException($"POST {path}: {status} {answer}");
    }

    public async Task<(int Status, JsonElement Body)> PostAsync(string path, object body)
    {
        using var response = await Api.PostAsJsonAsync(path, body);
        return ((int)response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()));
    }

    public Task<JsonElement> EndAsync(Guid operation) => UntilAsync(operation, o => o.TryGetProperty("finishedAt", out _), "the operation ends");

    public async Task<JsonElement> UntilAsync(Guid operation, Func<JsonElement, bool> wanted, string what)
    {
        JsonElement seen = default;
        await Eventually.Until(
            async () => wanted(seen = JsonSerializer.Deserialize<JsonElement>(await Api.GetStringAsync($"/v1/operations/{operation}"))), what, 40, () => Task.FromResult(seen.ToString()));
        return seen;
    }

    /// <summary>Waits until a phase is shown that copies.</summary>
    public Task<JsonElement> CopyingAsync(Guid operation) =>
        UntilAsync(operation, o => o.GetProperty("package").TryGetProperty("progress", out var p) && p.GetProperty("percent").GetDouble() is > 0 and < 100, "it copies");
}
