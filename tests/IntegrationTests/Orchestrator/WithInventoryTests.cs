using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Orchestrator and inventory together, an agent played by the test: nothing of what they tell each other is made up.</summary>
public sealed class WithInventoryTests
{
    [Fact]
    public async Task A_vm_a_host_reports_is_listed_started_and_its_history_told()
    {
        var probe = new Probe();
        var (host, vm) = (new HostId(Guid.NewGuid()), new VmId(Guid.NewGuid()));
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var platform = await TestHost.StartAsync(database, "inmemory", [OrchestratorModule.Create(), InventoryModule.Create(), probe.Module(host)]);
        using var http = TestAccess.Client(platform.Url);
        var bus = platform.Services.GetRequiredService<IBus>();
        async Task<JsonElement?> Get(string path)
        {
            using var response = await http.GetAsync(path);
            return response.IsSuccessStatusCode ? JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement : null;
        }

        var events = new SseClient(http, "/v1/events");
        await events.ReadAsync(c => c.LastEventId is not null);
        await bus.Publish(Registered(host));
        await bus.Publish(Observed(host, vm, VmState.Off, 2));
        await Eventually.Until(async () => await Get($"/v1/vms/{vm}") is { } found && found.TryGetProperty("hostName", out var name) && name.GetString() == "alpha", "the VM is listed");

        using var accepted = await http.PostAsync($"/v1/vms/{vm}/start", null);
        var command = await probe.NextAsync<StartVmOnHost>(c => c.VmId == vm);
        await bus.Publish(Observed(host, vm, VmState.Running, 3));
        await bus.Publish(new VmCommandCompleted
        {
            OperationId = command.OperationId,
            Step = command.Step,
            HostId = host,
            VmId = vm,
            Kind = OperationKind.StartVm,
            State = VmState.Running,
            At = TimeProvider.System.GetUtcNow(),
        });

        await Eventually.Until(async () => (await Get(accepted.Headers.Location!.ToString()))?.GetProperty("status").GetString() == "Succeeded", "the operation has succeeded");
        await Eventually.Until(async () => (await Get($"/v1/vms/{vm}"))?.GetProperty("state").GetString() == "Running", "the VM runs");
        string[] expected = ["vm_discovered", "vm_operation_accepted", "vm_state_changed", "vm_operation_succeeded"];
        async Task<string[]> History() => [.. (await Get($"/v1/vms/{vm}/history"))!.Value.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("type").GetString()!)];
        await Eventually.Until(async () => expected.All((await History()).Contains), "the history is complete", 20, async () => string.Join(' ', await History()));
        await events.ReadAsync(c => expected.All(type => c.Received.Any(e => e.Type == type)));
        Assert.Equal("Running", (await Get("/v1/vms?host=alpha&state=Running"))!.Value.GetProperty("items")[0].GetProperty("state").GetString());
        Assert.Single((await Get($"/v1/vms?asOf={TimeProvider.System.GetUtcNow().UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffffZ}"))!.Value.GetProperty("items").EnumerateArray());
    }

    static HostRegistered Registered(HostId host) => new()
    {
        HostId = host,
        Name = "alpha",
        Kind = HypervisorKind.Libvirt,
        Capabilities = new HostCapabilities { Hypervisor = "QEMU", CpuModel = "EPYC", CpuCount = 8, MemoryMiB = 32768, Facets = ["power", "definition", "migration"] },
        AgentVersion = "0.1.0",
        AgentStartedAt = TimeProvider.System.GetUtcNow(),
        HeartbeatSeconds = 600,
        Generation = 1,
    };

    static VmObserved Observed(HostId host, VmId vm, VmState state, long generation) => new()
    {
        HostId = host,
        Vm = new VmInfo { Id = vm, Name = "web-1", State = state, Vcpus = 2, MemoryMiB = 1024 },
        Generation = generation,
        ObservedAt = TimeProvider.System.GetUtcNow(),
    };
}
