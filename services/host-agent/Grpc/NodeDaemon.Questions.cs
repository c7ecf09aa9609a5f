using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Grpc.Compute;
using HvPlatform.Contracts.Grpc.Node;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.ServiceKit.Grpc;

namespace HvPlatform.HostAgent.Grpc;

/// <summary>Health, the node, its VMs and their consoles.</summary>
sealed partial class NodeDaemon
{
    const ulong MiB = 1024 * 1024;
    static readonly string s_version = typeof(NodeDaemon).Assembly.GetName().Version!.ToString(3);

    /// <summary>What was last read of each running VM for a caller who asked for its status.</summary>
    readonly ConcurrentDictionary<VmId, CpuMark> _asked = new();

    async Task<HealthCheckResponse> HealthCheckAsync(HealthCheckRequest request, GrpcCall call)
    {
        var answer = new HealthCheckResponse
        {
            Healthy = agent.Reachable,
            Version = s_version,
            Hypervisor = Driver.Kind.ToString(),
            UptimeSeconds = (ulong)Math.Max(0, (time.GetUtcNow() - agent.StartedAt).TotalSeconds),
        };
        try
        {
            answer.Hypervisor = (await AskAsync(call, Driver.GetCapabilitiesAsync)).Hypervisor;
        }
        catch (Exception e) when (e is HypervisorException or GrpcException)
        {
            answer.Healthy = false;
        }

        return answer;
    }

    async Task<Node> GetNodeInfoAsync(Empty request, GrpcCall call)
    {
        var capabilities = await AskAsync(call, Driver.GetCapabilitiesAsync);
        return new Node
        {
            Id = agent.Host.Id.ToString(),
            Hostname = agent.Host.Name,
            Hypervisor = capabilities.Hypervisor,
            CpuModel = capabilities.CpuModel,
            CpuCount = (uint)capabilities.CpuCount,
            MemoryTotalBytes = (ulong)capabilities.MemoryMiB * MiB,
            MemoryFreeBytes = (ulong)(await AskAsync(call, Driver.GetFreeMemoryMiBAsync) ?? 0) * MiB,
            Capabilities = { capabilities.Facets },
            MigrationUri = capabilities.MigrationUri ?? "",
            AgentVersion = s_version,
        };
    }

    async Task<VMStatusResponse> GetStatusAsync(VMIdRequest request, GrpcCall call)
    {
        var vm = await FindAsync(call, request.VmId);
        return Status(vm, await SamplesAsync(call));
    }

    async Task<ListVMsOnNodeResponse> ListAsync(Empty request, GrpcCall call)
    {
        var scan = await AskAsync(call, Driver.ListAsync);
        if (scan.Unreadable.Count > 0)
        {
            throw new GrpcException(scan.Unreadable[0]);
        }

        var visible = await _access.VisibleAsync(call);
        var samples = await SamplesAsync(call);
        return new ListVMsOnNodeResponse { Vms = { scan.Vms.Where(v => visible.Contains(v.Id)).OrderBy(v => v.Name, StringComparer.Ordinal).Select(v => Status(v, samples)) } };
    }

    async Task<ConsoleInfoResponse> GetConsoleAsync(VMIdRequest request, GrpcCall call)
    {
        var vm = await FindAsync(call, request.VmId);
        if (Driver.Display is not { } display)
        {
            throw Unsupported("GetConsole needs a screen that is reached by VNC or SPICE", "Read a picture of the screen from the platform: GET /v1/vms/{id}/screenshot.");
        }

        var found = await AskAsync(call, ct => display.FindAsync(vm.Id, ct));
        return new ConsoleInfoResponse
        {
            Type = found.Protocol,
            Host = found.Address,
            Port = (uint)found.Port,
            WebsocketPath = found.WebSocketPort is null ? "" : "/",
            WebsocketPort = (uint)(found.WebSocketPort ?? 0),
        };
    }

    async Task<IReadOnlyDictionary<VmId, VmSample>> SamplesAsync(GrpcCall call) => Driver.Stats is { } stats
        ? (await AskAsync(call, stats.SampleAsync)).ToDictionary(s => s.Vm)
        : new Dictionary<VmId, VmSample>();

    VMStatusResponse Status(VmInfo vm, IReadOnlyDictionary<VmId, VmSample> samples)
    {
        var status = new VMStatusResponse { VmId = vm.Id.ToString(), Name = vm.Name, State = State(vm.State) };
        if (!samples.TryGetValue(vm.Id, out var sample))
        {
            _asked.TryRemove(vm.Id, out _);
            return status;
        }

        var now = new CpuMark(sample.CpuTimeNs, time.GetTimestamp());
        var before = _asked.TryGetValue(vm.Id, out var mark) ? mark : now;
        _asked[vm.Id] = now;
        status.ResourceUsage = new ResourceUsage
        {
            CpuUsagePercent = Percent(before, now, vm.Vcpus),
            CpuTimeNs = (ulong)sample.CpuTimeNs,
            MemoryUsedBytes = (ulong)(sample.MemoryUsedMiB ?? 0) * MiB,
            MemoryTotalBytes = (ulong)vm.MemoryMiB * MiB,
            DiskReadBytes = (ulong)(sample.DiskReadBytes ?? 0),
            DiskWriteBytes = (ulong)(sample.DiskWriteBytes ?? 0),
            NetworkRxBytes = (ulong)(sample.NetReceivedBytes ?? 0),
            NetworkTxBytes = (ulong)(sample.NetSentBytes ?? 0),
        };
        return status;
    }

    /// <summary>CPU time used between two looks, of what so many processors could have given. A VM that was started again in between counts from 0.</summary>
    double Percent(CpuMark before, CpuMark now, int processors)
    {
        var elapsedNs = time.GetElapsedTime(before.Timestamp, now.Timestamp).TotalNanoseconds;
        var used = now.CpuTimeNs >= before.CpuTimeNs ? now.CpuTimeNs - before.CpuTimeNs : now.CpuTimeNs;
        return elapsedNs <= 0 ? 0 : Math.Clamp(100.0 * used / (elapsedNs * Math.Max(1, processors)), 0, 100);
    }

    static PowerState State(VmState state) => state switch
    {
        VmState.Running or VmState.ShuttingDown => PowerState.Running,
        VmState.Off => PowerState.Stopped,
        VmState.Paused => PowerState.Paused,
        VmState.Suspended or VmState.Saved => PowerState.Suspended,
        VmState.Crashed => PowerState.Crashed,
        _ => PowerState.Unknown,
    };

    readonly record struct CpuMark(long CpuTimeNs, long Timestamp);
}
