using Google.Protobuf.WellKnownTypes;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Grpc.Compute;
using HvPlatform.Contracts.Grpc.Node;
using HvPlatform.Contracts.Vms;
using HvPlatform.ServiceKit.Grpc;

namespace HvPlatform.HostAgent.Grpc;

/// <summary>Disks and adapters of VMs that run, and snapshots: operations of the platform.</summary>
sealed partial class NodeDaemon
{
    async Task<Empty> AttachDiskAsync(AttachDiskRequest request, GrpcCall call)
    {
        var disk = request.Disk ?? throw new GrpcException(GrpcStatus.InvalidArgument, "disk is missing.");
        if (disk.Readonly || disk.Bus == DiskBus.Sata)
        {
            throw Unsupported(disk.Readonly ? "disk.readonly asks for a disk that cannot be written" : "disk.bus asks for SATA", "Leave it out.");
        }

        return await ChangeAsync(call, request.VmId, new VmSettings
        {
            Disks =
            [
                new VmDiskChange
                {
                    Action = disk.SizeGib > 0 ? VmDeviceAction.Create : VmDeviceAction.Add,
                    Path = disk.Path,
                    CapacityBytes = disk.SizeGib > 0 ? (long)Math.Min(disk.SizeGib, 1 << 20) << 30 : null,
                    Controller = disk.Bus switch { DiskBus.Scsi => "SCSI", DiskBus.Ide => "IDE", _ => null },
                },
            ],
        });
    }

    async Task<Empty> DetachDiskAsync(DetachDiskRequest request, GrpcCall call)
    {
        var vm = await FindAsync(call, request.VmId);
        var disk = vm.Disks.FirstOrDefault(d => d.Target == request.DiskId || (d.Source is not null && d.Source == request.DiskId));
        return disk?.Source is { } path
            ? await ChangeAsync(call, request.VmId, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Remove, Path = path }] })
            : throw Error(ErrorKind.NotFound, "disk-not-found", $"VM {vm.Name} has no disk '{request.DiskId}'; it has {Names(vm.Disks.Select(d => d.Target))}.", "Name a disk as the guest sees it, or by its path.");
    }

    Task<Empty> AttachNicAsync(AttachNICRequest request, GrpcCall call)
    {
        var nic = request.Nic ?? throw new GrpcException(GrpcStatus.InvalidArgument, "nic is missing.");
        return ChangeAsync(call, request.VmId, new VmSettings
        {
            Adapters =
            [
                new VmAdapterChange
                {
                    Action = VmDeviceAction.Add,
                    Adapter = nic.Id.Length > 0 ? nic.Id : $"nic-{Guid.CreateVersion7():N}",
                    MacAddress = nic.MacAddress.Length > 0 ? nic.MacAddress.ToLowerInvariant() : null,
                    Switch = Network(nic),
                },
            ],
        });
    }

    async Task<Empty> DetachNicAsync(DetachNICRequest request, GrpcCall call)
    {
        var vm = await FindAsync(call, request.VmId);
        var mac = vm.Nics.FirstOrDefault(n => n.MacAddress.Equals(request.NicId, StringComparison.OrdinalIgnoreCase))?.MacAddress;
        return await ChangeAsync(call, request.VmId, new VmSettings { Adapters = [new VmAdapterChange { Action = VmDeviceAction.Remove, Adapter = mac ?? request.NicId }] });
    }

    async Task<Empty> ChangeAsync(GrpcCall call, string id, VmSettings change) => Driver.Settings is not null
        ? await ActAsync(call, id, HttpMethod.Post, "settings", change)
        : throw Unsupported("Attaching and detaching needs changes of a VM's settings", "See GetNodeInfo for what the node offers.");

    async Task<SnapshotResponse> CreateSnapshotAsync(CreateSnapshotRequest request, GrpcCall call)
    {
        if (request.Quiesce || request.Description.Length > 0)
        {
            throw Unsupported(request.Quiesce ? "quiesce asks for the guest's file systems to be frozen" : "description asks for a text to be kept with the snapshot", "Leave it out.");
        }

        RequireSnapshots();
        await ActAsync(call, request.VmId, HttpMethod.Post, "checkpoints", new { name = request.Name });
        var made = (await SnapshotsAsync(call, Id(request.VmId))).Checkpoints.Where(c => c.Name == request.Name).MaxBy(c => c.CreatedAt);
        return made is not null ? Snapshot(made) : throw Error(ErrorKind.NotFound, "checkpoint-gone", $"Snapshot '{request.Name}' was made and is not there any more.", "List the snapshots.");
    }

    async Task<Empty> ChangeSnapshotAsync(GrpcCall call, string id, string snapshot, string verb)
    {
        RequireSnapshots();
        return await ActAsync(call, id, HttpMethod.Post, $"checkpoints/{verb}", new { checkpointId = snapshot });
    }

    async Task<ListSnapshotsResponse> ListSnapshotsAsync(VMIdRequest request, GrpcCall call)
    {
        RequireSnapshots();
        var vm = await FindAsync(call, request.VmId);
        return new ListSnapshotsResponse { Snapshots = { (await SnapshotsAsync(call, vm.Id)).Checkpoints.Select(Snapshot) } };
    }

    Task<VmCheckpoints> SnapshotsAsync(GrpcCall call, VmId vm) => AskAsync(call, ct => Driver.Checkpoints!.ListAsync(vm, ct));

    void RequireSnapshots()
    {
        if (Driver.Checkpoints is null)
        {
            throw Unsupported("Snapshots need the facet 'checkpoints'", "See GetNodeInfo for what the node offers.");
        }
    }

    static SnapshotResponse Snapshot(VmCheckpoint checkpoint) => new() { SnapshotId = checkpoint.Id, Name = checkpoint.Name, CreatedAt = Timestamp.FromDateTimeOffset(checkpoint.CreatedAt) };

    static string Names(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "none";
}
