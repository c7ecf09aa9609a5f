using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Grpc.Node;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.ServiceKit.Grpc;

namespace HvPlatform.HostAgent.Grpc;

// The theory. There are two sorts of rpcs, and no third.
//  - Questions are put to the driver, as the agent's own reports are, by callers who may see the host or the VM at the platform (CallerAccess). They change nothing, here or there.
//  - What changes a VM is asked of the platform, by its API and with the caller's own credentials. There it passes the one gate every request passes: rights, the VM's
//    lock, its state, the epoch, the operation's row. The command then comes back to this agent's queue, is journaled, fenced and run like any other, and the rpc is
//    answered when the platform says that the operation has ended. While the platform does something else with the VM the rpc is refused, with that operation's name.
// So a caller of this server can see and do nothing that the API would not let it, and this server needs no right of its own. Only health is told to everybody.

/// <summary>The service <c>hvplatform.node.v1.NodeDaemonService</c> of one host.</summary>
sealed partial class NodeDaemon(Hosts.HostAgent agent, PlatformClient platform, TimeProvider time)
{
    /// <summary>Its full name.</summary>
    public const string Service = "hvplatform.node.v1.NodeDaemonService";

    readonly CallerAccess _access = new(platform, agent.Host, time);

    /// <summary>Longest that the hypervisor is waited for.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    IHypervisorDriver Driver => agent.Driver;

    /// <summary>Adds every method, and health.</summary>
    public void Map(GrpcEndpoints endpoints) => endpoints
        .Unary(Service, "HealthCheck", HealthCheckRequest.Parser, HealthCheckAsync)
        .Unary(Service, "GetNodeInfo", Empty.Parser, OfHost<Empty, Contracts.Grpc.Compute.Node>(GetNodeInfoAsync))
        .Unary(Service, "GetVMStatus", VMIdRequest.Parser, GetStatusAsync)
        .Unary(Service, "ListVMs", Empty.Parser, OfHost<Empty, ListVMsOnNodeResponse>(ListAsync))
        .Unary(Service, "GetConsole", VMIdRequest.Parser, GetConsoleAsync)
        .Unary(Service, "CreateVM", CreateVMOnNodeRequest.Parser, CreateAsync)
        .Unary(Service, "StartVM", VMIdRequest.Parser, (r, c) => ActAsync(c, r.VmId, "start"))
        .Unary(Service, "StopVM", StopVMRequest.Parser, StopAsync)
        .Unary(Service, "ForceStopVM", VMIdRequest.Parser, (r, c) => ActAsync(c, r.VmId, "force-off"))
        .Unary(Service, "RebootVM", VMIdRequest.Parser, (r, c) => ActAsync(c, r.VmId, "reboot"))
        .Unary(Service, "PauseVM", VMIdRequest.Parser, (r, c) => ActAsync(c, r.VmId, "pause"))
        .Unary(Service, "ResumeVM", VMIdRequest.Parser, (r, c) => ActAsync(c, r.VmId, "resume"))
        .Unary(Service, "DeleteVM", VMIdRequest.Parser, DeleteAsync)
        .Unary(Service, "CreateSnapshot", CreateSnapshotRequest.Parser, CreateSnapshotAsync)
        .Unary(Service, "RevertSnapshot", RevertSnapshotRequest.Parser, (r, c) => ChangeSnapshotAsync(c, r.VmId, r.SnapshotId, "apply"))
        .Unary(Service, "DeleteSnapshot", DeleteSnapshotRequest.Parser, (r, c) => ChangeSnapshotAsync(c, r.VmId, r.SnapshotId, "delete"))
        .Unary(Service, "ListSnapshots", VMIdRequest.Parser, ListSnapshotsAsync)
        .Unary(Service, "AttachDisk", AttachDiskRequest.Parser, AttachDiskAsync)
        .Unary(Service, "DetachDisk", DetachDiskRequest.Parser, DetachDiskAsync)
        .Unary(Service, "AttachNIC", AttachNICRequest.Parser, AttachNicAsync)
        .Unary(Service, "DetachNIC", DetachNICRequest.Parser, DetachNicAsync)
        .Unary(Service, "PrepareMigration", PrepareMigrationRequest.Parser, PrepareMigrationAsync)
        .Unary(Service, "ReceiveMigration", MigrationToken.Parser, OfHost<MigrationToken, Empty>(ReceiveMigrationAsync))
        .ServerStreaming<MigrateVMRequest, MigrationProgress>(Service, "MigrateVM", MigrateVMRequest.Parser, MigrateAsync)
        .ServerStreaming<StreamMetricsRequest, NodeMetrics>(Service, "StreamMetrics", StreamMetricsRequest.Parser, OfHost<StreamMetricsRequest, NodeMetrics>(StreamMetricsAsync))
        .ServerStreaming<Empty, NodeEvent>(Service, "StreamEvents", Empty.Parser, OfHost<Empty, NodeEvent>(StreamEventsAsync))
        .Health(service => service is "" or Service ? agent.Reachable : null)
        .Others();

    /// <summary>For callers who may see the host.</summary>
    Func<TRequest, GrpcCall, Task<TResponse>> OfHost<TRequest, TResponse>(Func<TRequest, GrpcCall, Task<TResponse>> answer) => async (request, call) =>
    {
        await _access.RequireHostAsync(call);
        return await answer(request, call);
    };

    /// <summary>The same for a stream, which ends when the caller may not see the host any more.</summary>
    Func<TRequest, GrpcCall, Func<TResponse, Task>, Task> OfHost<TRequest, TResponse>(Func<TRequest, GrpcCall, Func<TResponse, Task>, Task> answer) => async (request, call, write) =>
    {
        await _access.RequireHostAsync(call);
        await answer(request, call, async message =>
        {
            await _access.StillAsync(call);
            await write(message);
        });
    };

    /// <summary>Asks the host; a hypervisor that is silent for long is an error of its own.</summary>
    async Task<T> AskAsync<T>(GrpcCall call, Func<CancellationToken, Task<T>> question)
    {
        using var timeout = new CancellationTokenSource(s_patience, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, call.CancellationToken);
        try
        {
            return await question(over.Token).WaitAsync(over.Token);
        }
        catch (OperationCanceledException) when (!call.CancellationToken.IsCancellationRequested)
        {
            throw Error(ErrorKind.Timeout, "hypervisor-silent", string.Create(CultureInfo.InvariantCulture, $"The hypervisor of {agent.Host.Name} did not answer within {s_patience.TotalSeconds} s."),
                "Look at the hypervisor's service on the host.");
        }
    }

    /// <summary>The VM, which the caller has to see at the platform, and which has to be on this host.</summary>
    async Task<VmInfo> FindAsync(GrpcCall call, string id)
    {
        var vm = Id(id);
        await _access.RequireVmAsync(call, vm);
        return await AskAsync(call, ct => Driver.GetAsync(vm, ct))
            ?? throw Error(ErrorKind.NotFound, "vm-not-found", $"Host {agent.Host.Name} has no VM {vm}.", "Ask the agent of the host that has it.");
    }

    static VmId Id(string text) => Guid.TryParse(text, out var id) && id != Guid.Empty
        ? new VmId(id)
        : throw new GrpcException(GrpcStatus.InvalidArgument, $"vm_id '{text}' is no UUID.");

    GrpcException Unsupported(string what, string advice) =>
        Error(ErrorKind.Unsupported, "facet-missing", $"{what}, which the {Driver.Kind} driver of {agent.Host.Name} does not offer.", advice);

    GrpcException Error(ErrorKind kind, string code, string message, string advice) =>
        new(new ErrorInfo { Kind = kind, Code = code, Message = message, Where = agent.Host.Name, Advice = advice });
}
