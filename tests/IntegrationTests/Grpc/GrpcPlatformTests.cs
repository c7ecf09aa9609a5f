using HvPlatform.Contracts;
using HvPlatform.HostAgent;
using HvPlatform.HostAgent.Grpc;
using HvPlatform.Inventory;
using HvPlatform.MigrationSaga;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using HvPlatform.TestKit.Grpc;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.Grpc;

/// <summary>A platform with two simulated hosts and a stock gRPC client of each.</summary>
public sealed class GrpcPlatform : IAsyncLifetime
{
    public Platform Platform { get; private set; } = null!;

    public IReadOnlyList<PythonGrpcClient> Clients { get; private set; } = [];

    public IReadOnlyList<(Guid Id, string Name)> Hosts { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        Platform = await Platform.StartAsync([OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create()], distributed: true, []);
        await Platform.AddAsync(HostAgentModule.Create(), new()
        {
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Hosts"] = "2",
            ["Hv:Agents:0:Simulated:VmsPerHost"] = "3",
            ["Hv:Agents:0:Simulated:VmMemoryMiB"] = "256",
            ["Hv:Agents:0:Simulated:BandwidthMiBps"] = "256",
            ["Hv:Agents:0:Grpc:Url"] = "http://127.0.0.1:0",
            ["Hv:Agents:0:Grpc:Api"] = Platform.Api.BaseAddress!.ToString(),
        });
        await Eventually.Until(async () => (await Platform.ListAsync("/v1/vms")).Length == 6, "the fleet is in the inventory", 30);
        Hosts = [.. (await Platform.ListAsync("/v1/hosts")).Select(h => (h.GetProperty("id").GetGuid(), h.GetProperty("name").GetString()!))];
        var grpc = Platform.Hosts[^1].Services.GetRequiredService<AgentGrpc>();
        Clients = await Task.WhenAll(Hosts.Select(h => PythonGrpcClient.StartAsync(grpc.UrlOf(new HostId(h.Id)))));
        foreach (var client in Clients)
        {
            if (Platform.Api.DefaultRequestHeaders.Authorization is { } authorization)
            {
                client.Metadata["authorization"] = authorization.ToString();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients)
        {
            await client.DisposeAsync();
        }

        await Platform.DisposeAsync();
    }
}

/// <summary>What changes a VM through an agent's gRPC server: it is the platform's operation like every other.</summary>
public sealed class GrpcPlatformTests(GrpcPlatform fixture) : IClassFixture<GrpcPlatform>
{
    Platform Platform => fixture.Platform;

    PythonGrpcClient First => fixture.Clients[0];

    async Task<Guid> CreateAsync(string name)
    {
        var made = await First.OkAsync("CreateVM", new { name, spec = new { cpu = new { cores = 2 }, memory = new { size_mib = 256 }, disks = new[] { new { path = $"/simulated/{name}.qcow2" } }, nics = new[] { new { network = "default" } } } });
        return Guid.Parse(made.GetProperty("vm_id").GetString()!);
    }

    async Task<string> StateAsync(Guid vm) => (await First.OkAsync("GetVMStatus", new { vm_id = vm })).TryGetProperty("state", out var state) ? state.GetString()! : "UNKNOWN";

    [Fact]
    public async Task A_VM_lives_its_whole_life_through_gRPC_and_each_step_is_an_operation_of_the_platform()
    {
        var vm = await CreateAsync("grpc-life");
        foreach (var (method, state) in ((string, string)[])[("StartVM", "RUNNING"), ("PauseVM", "PAUSED"), ("ResumeVM", "RUNNING"), ("RebootVM", "RUNNING"), ("ForceStopVM", "STOPPED"), ("StartVM", "RUNNING")])
        {
            var answer = await First.CallAsync(method, new { vm_id = vm });
            Assert.True(answer.Code == "OK", $"{method}: {answer}");
            Assert.Equal(state, await StateAsync(vm));
            var operation = await Platform.GetAsync($"/v1/operations/{answer.Initial("hv-operation-id")}");
            Assert.Equal(("Succeeded", vm), (operation.GetProperty("status").GetString(), operation.GetProperty("vmId").GetGuid()));
        }

        var again = await First.CallAsync("StartVM", new { vm_id = vm });
        Assert.Equal(("FAILED_PRECONDITION", "wrong-state"), (again.Code, again.Error.GetProperty("reason").GetString()));
        Assert.Contains("Running", again.Details);

        await First.OkAsync("StopVM", new { vm_id = vm, timeout_seconds = 30 });
        Assert.Equal("STOPPED", await StateAsync(vm));
        await First.OkAsync("DeleteVM", new { vm_id = vm });
        Assert.Equal("NOT_FOUND", (await First.CallAsync("GetVMStatus", new { vm_id = vm })).Code);
    }

    [Fact]
    public async Task Devices_and_snapshots_come_and_go()
    {
        var vm = await CreateAsync("grpc-devices");
        await First.OkAsync("StartVM", new { vm_id = vm });
        var watching = await First.BeginAsync("StreamEvents", stream: true, timeout: 60);
        await watching.Open;

        await First.OkAsync("AttachDisk", new { vm_id = vm, disk = new { path = "/simulated/more.qcow2", size_gib = 1 } });
        await First.OkAsync("AttachNIC", new { vm_id = vm, nic = new { mac_address = "52:54:00:AA:BB:CC", bridge = "br0" } });
        var seen = await Platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("disks").GetArrayLength() == 2 && v.GetProperty("nics").GetArrayLength() == 2, "the platform sees both devices");
        Assert.Contains(seen.GetProperty("nics").EnumerateArray(), n => n.GetProperty("macAddress").GetString() == "52:54:00:aa:bb:cc");
        await First.OkAsync("DetachDisk", new { vm_id = vm, disk_id = "vdb" });
        await First.OkAsync("DetachNIC", new { vm_id = vm, nic_id = "52:54:00:AA:BB:CC" });
        await Platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("disks").GetArrayLength() == 1 && v.GetProperty("nics").GetArrayLength() == 1, "the platform sees neither");
        Assert.Equal("NOT_FOUND", (await First.CallAsync("DetachDisk", new { vm_id = vm, disk_id = "vdz" })).Code);
        await Eventually.Until(
            async () => await Task.FromResult(((string[])["DISK_ATTACHED", "NIC_ATTACHED", "DISK_DETACHED", "NIC_DETACHED"]).All(t => watching.Messages.Any(m => m.TryGetProperty("type", out var type) && type.GetString() == t && m.GetProperty("vm_id").GetString() == vm.ToString()))),
            "the events told of all four", 20, () => Task.FromResult(string.Join('\n', watching.Messages)));

        await First.OkAsync("ForceStopVM", new { vm_id = vm });
        var snapshot = await First.OkAsync("CreateSnapshot", new { vm_id = vm, name = "before" });
        var id = snapshot.GetProperty("snapshot_id").GetString();
        Assert.Equal(id, (await First.OkAsync("ListSnapshots", new { vm_id = vm })).GetProperty("snapshots")[0].GetProperty("snapshot_id").GetString());
        await First.OkAsync("RevertSnapshot", new { vm_id = vm, snapshot_id = id });
        await First.OkAsync("DeleteSnapshot", new { vm_id = vm, snapshot_id = id });
        Assert.Equal("{}", (await First.OkAsync("ListSnapshots", new { vm_id = vm })).ToString());
        Assert.Equal("UNIMPLEMENTED", (await First.CallAsync("CreateSnapshot", new { vm_id = vm, name = "quiet", quiesce = true })).Code);
        await First.OkAsync("DeleteVM", new { vm_id = vm });
    }

    [Fact]
    public async Task A_migration_is_told_from_its_beginning_to_its_end_and_holds_the_VM_meanwhile()
    {
        var vm = await CreateAsync("grpc-traveller");
        await First.OkAsync("StartVM", new { vm_id = vm });
        var token = await First.OkAsync("PrepareMigration", new { vm_id = vm, target_node_uri = fixture.Hosts[1].Name });
        await fixture.Clients[1].OkAsync("ReceiveMigration", token);
        Assert.Equal("INVALID_ARGUMENT", (await fixture.Clients[1].CallAsync("ReceiveMigration", new { vm_id = vm, token = "bm8=" })).Code);

        var moving = await First.BeginAsync("MigrateVM", new { vm_id = vm, target_node_uri = $"qemu+tls://{fixture.Hosts[1].Name}/system", live = true }, stream: true);
        await moving.Open;
        var busy = await First.CallAsync("ForceStopVM", new { vm_id = vm });
        Assert.Equal("FAILED_PRECONDITION", busy.Code);
        Assert.Contains(busy.Error.GetProperty("reason").GetString(), (string?[])["vm-busy", "vm-migrating"]);

        var end = await moving.Ended.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(end.Code == "OK", end.ToString());
        var phases = end.Messages.Select(m => m.GetProperty("phase").GetString()!).Distinct().ToList();
        Assert.Equal("preparing", phases[0]);
        Assert.Contains("transferring", phases);
        Assert.Equal("complete", phases[^1]);
        var percents = end.Messages.Select(m => m.TryGetProperty("percent_complete", out var p) ? p.GetInt32() : 0).ToList();
        Assert.Equal(percents.Order(), percents);
        Assert.Equal(100, percents[^1]);
        Assert.Equal("RUNNING", (await fixture.Clients[1].OkAsync("GetVMStatus", new { vm_id = vm })).GetProperty("state").GetString());
        Assert.Equal("NOT_FOUND", (await First.CallAsync("GetVMStatus", new { vm_id = vm })).Code);

        var lost = await fixture.Clients[1].CallAsync("MigrateVM", new { vm_id = vm, target_node_uri = "atlantis", live = true }, stream: true);
        Assert.Equal("NOT_FOUND", lost.Code);
        Assert.Contains("atlantis", lost.Details);
        await fixture.Clients[1].OkAsync("ForceStopVM", new { vm_id = vm });
        await fixture.Clients[1].OkAsync("DeleteVM", new { vm_id = vm });
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_is_answered_by_the_first_operation()
    {
        var vm = await CreateAsync("grpc-once");
        var metadata = new Dictionary<string, string>(First.Metadata) { ["idempotency-key"] = $"{vm}", ["x-reason"] = "a test" };
        var first = await First.CallAsync("StartVM", new { vm_id = vm }, metadata: metadata);
        var second = await First.CallAsync("StartVM", new { vm_id = vm }, metadata: metadata);
        Assert.Equal(("OK", "OK"), (first.Code, second.Code));
        Assert.Equal(first.Initial("hv-operation-id"), second.Initial("hv-operation-id"));
        var trail = (await Platform.GetAsync($"/v1/operations/{first.Initial("hv-operation-id")}")).GetProperty("trail");
        Assert.Equal("a test", trail.GetProperty("reason").GetString());
        await First.OkAsync("ForceStopVM", new { vm_id = vm });
        await First.OkAsync("DeleteVM", new { vm_id = vm });
    }

    [Fact]
    public async Task What_the_request_asks_beyond_what_is_offered_is_refused_by_its_name()
    {
        var labels = await First.CallAsync("CreateVM", new { name = "x", labels = new { rack = "a" } });
        Assert.Equal("UNIMPLEMENTED", labels.Code);
        Assert.Contains("labels", labels.Details);
        var invalid = await First.CallAsync("CreateVM", new { name = "a/b" });
        Assert.Equal(("INVALID_ARGUMENT", "invalid-request"), (invalid.Code, invalid.Error.GetProperty("reason").GetString()));
        Assert.Contains("spec.name", invalid.Details);
    }
}
