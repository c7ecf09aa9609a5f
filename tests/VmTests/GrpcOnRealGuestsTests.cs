using HvPlatform.HostAgent;
using HvPlatform.HostAgent.Grpc;
using HvPlatform.Inventory;
using HvPlatform.MigrationSaga;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using HvPlatform.TestKit.Grpc;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>A real guest led through its life by a stock gRPC client of two real hosts' agents.</summary>
[Collection(VmCollections.Platform)]
public sealed class GrpcOnRealGuestsTests(LibvirtPair pair)
{
    [Fact]
    public async Task A_guest_is_made_started_given_devices_moved_and_removed_through_gRPC()
    {
        var hosts = await pair.HostsAsync();
        await using var platform = await Platform.StartAsync([OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create()], distributed: true, []);
        await using var first = await AgentAsync(platform, hosts, 1);
        await using var second = await AgentAsync(platform, hosts, 2);
        await Eventually.Until(async () => (await platform.ListAsync("/v1/hosts")).Length == 2, "both hosts have registered");

        hosts.ForgetSerialLogs("rpc-guest");
        var disk = (await hosts.NewSpecAsync("rpc-guest")).Disks[0];
        var made = await first.OkAsync("CreateVM", new { name = "rpc-guest", spec = new { memory = new { size_mib = 128 }, disks = new[] { new { id = disk.Target, path = disk.Source, format = disk.Format } } } });
        var vm = new { vm_id = made.GetProperty("vm_id").GetString() };
        await first.OkAsync("StartVM", vm);
        await Eventually.Until(() => hosts.SerialLog(1, "rpc-guest").Contains('R'), "the guest is up");
        await first.OkAsync("PauseVM", vm);
        Assert.Equal("PAUSED", (await first.OkAsync("GetVMStatus", vm)).GetProperty("state").GetString());
        await first.OkAsync("ResumeVM", vm);
        Assert.Equal("UNIMPLEMENTED", (await first.CallAsync("ListSnapshots", vm)).Code);

        // A SCSI disk needs no word of the guest to go; the small test guest has no driver that would let go of another.
        var more = $"{hosts.SharedFolder}/rpc-more.qcow2";
        await first.OkAsync("AttachDisk", new { vm.vm_id, disk = new { path = more, size_gib = 1, bus = "SCSI" } });
        Assert.Contains(more, await hosts.VirshAsync(1, "domblklist", "rpc-guest"));
        Assert.Contains(more, await hosts.VirshAsync(1, "domblklist", "--inactive", "rpc-guest"));
        var twice = await first.CallAsync("AttachDisk", new { vm.vm_id, disk = new { path = "/nowhere/x.qcow2" } });
        Assert.Equal(("NOT_FOUND", "file-not-found"), (twice.Code, twice.Error.GetProperty("reason").GetString()));

        var moving = await first.CallAsync("MigrateVM", new { vm.vm_id, target_node_uri = "host-2", live = true }, stream: true);
        Assert.True(moving.Code == "OK", moving.ToString());
        Assert.Equal("complete", moving.Messages[^1].GetProperty("phase").GetString());
        Assert.True(long.Parse(moving.Messages[^1].GetProperty("data_transferred_bytes").GetString()!, System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.Equal("RUNNING", (await second.OkAsync("GetVMStatus", vm)).GetProperty("state").GetString());
        Assert.Equal(1, LibvirtHosts.QemuProcesses(Guid.Parse(vm.vm_id!)));

        await second.OkAsync("DetachDisk", new { vm.vm_id, disk_id = more });
        Assert.DoesNotContain(more, await hosts.VirshAsync(2, "domblklist", "rpc-guest"));
        Assert.DoesNotContain(more, await hosts.VirshAsync(2, "domblklist", "--inactive", "rpc-guest"));
        var said = hosts.SerialLog(2, "rpc-guest").Length;
        await Eventually.Until(() => hosts.SerialLog(2, "rpc-guest").Length > said, "the guest runs on");
        await second.OkAsync("ForceStopVM", vm);
        await second.OkAsync("DeleteVM", vm);
        Assert.DoesNotContain("rpc-guest", await hosts.VirshAsync(2, "list", "--all", "--name"));
        File.Delete(more);
    }

    static async Task<PythonGrpcClient> AgentAsync(Platform platform, LibvirtHosts hosts, int host)
    {
        var options = await hosts.OptionsAsync(host);
        await platform.AddAsync(HostAgentModule.Create(), new()
        {
            ["Hv:Agents:0:Driver"] = "libvirt",
            ["Hv:Agents:0:Uri"] = options.Uri,
            ["Hv:Agents:0:MigrationUri"] = options.MigrationUri,
            ["Hv:Agents:0:SharedPaths:0"] = hosts.SharedFolder,
            ["Hv:Agents:0:HostRoot"] = options.HostRoot,
            ["Hv:Agents:0:ForceEmulation"] = "true",
            ["Hv:Agents:0:SerialLogFolder"] = options.SerialLogFolder,
            ["Hv:Agents:0:Grpc:Url"] = "http://127.0.0.1:0",
            ["Hv:Agents:0:Grpc:Api"] = platform.Api.BaseAddress!.ToString(),
        });
        await using var driver = await hosts.ConnectAsync(host);
        var id = (await driver.GetHostAsync(CancellationToken.None)).Id;
        var client = await PythonGrpcClient.StartAsync(platform.Hosts[^1].Services.GetRequiredService<AgentGrpc>().UrlOf(id));
        if (platform.Api.DefaultRequestHeaders.Authorization is { } authorization)
        {
            client.Metadata["authorization"] = authorization.ToString();
        }

        return client;
    }
}
