using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Grpc.Compute;
using HvPlatform.Contracts.Grpc.Node;
using HvPlatform.Contracts.Vms;
using HvPlatform.ServiceKit.Grpc;
using VmSpec = HvPlatform.Contracts.Vms.VmSpec;

namespace HvPlatform.HostAgent.Grpc;

/// <summary>Making, starting, stopping and removing VMs: operations of the platform.</summary>
sealed partial class NodeDaemon
{
    const long DefaultMemoryMiB = 512;
    static readonly TimeSpan s_stopLook = TimeSpan.FromMilliseconds(200);

    async Task<CreateVMOnNodeResponse> CreateAsync(CreateVMOnNodeRequest request, GrpcCall call)
    {
        if (request.Labels.Count > 0)
        {
            throw Error(ErrorKind.Unsupported, "labels-unsupported", "labels: the platform keeps none.", "Leave them out; spec.notes is a text that is kept.");
        }

        var spec = Spec(request);
        var operation = await platform.RunAsync(call, HttpMethod.Post, "/v1/vms", new { hostId = agent.Host.Id, spec });
        await platform.SettleAsync(call, operation.VmId, seen => Task.FromResult(seen is { DeletedAt: null }));
        return new CreateVMOnNodeResponse { VmId = operation.VmId.ToString(), Created = true };
    }

    Task<Empty> ActAsync(GrpcCall call, string id, string verb) => ActAsync(call, id, HttpMethod.Post, verb, null);

    /// <summary>One operation on a VM of this host. It is over when the platform, too, sees the state the VM is in then.</summary>
    async Task<Empty> ActAsync(GrpcCall call, string id, HttpMethod method, string? verb, object? body)
    {
        var vm = await FindAsync(call, id);
        await platform.RunAsync(call, method, verb is null ? $"/v1/vms/{vm.Id}" : $"/v1/vms/{vm.Id}/{verb}", body);
        await SettleAsync(call, vm.Id);
        return new Empty();
    }

    Task SettleAsync(GrpcCall call, VmId vm) => platform.SettleAsync(call, vm, async seen =>
    {
        var here = await AskAsync(call, ct => Driver.GetAsync(vm, ct));
        return here is null ? seen is null or { DeletedAt: not null } : seen?.State == here.State;
    });

    Task<Empty> DeleteAsync(VMIdRequest request, GrpcCall call) => ActAsync(call, request.VmId, HttpMethod.Delete, null, null);

    async Task<Empty> StopAsync(StopVMRequest request, GrpcCall call)
    {
        var asked = time.GetTimestamp();
        await ActAsync(call, request.VmId, "shutdown");
        var patience = TimeSpan.FromSeconds(request.TimeoutSeconds);
        if (patience == TimeSpan.Zero)
        {
            return new Empty();
        }

        var vm = Id(request.VmId);
        while (await AskAsync(call, ct => Driver.GetAsync(vm, ct)) is { State: not VmState.Off })
        {
            if (time.GetElapsedTime(asked) > patience)
            {
                throw Error(ErrorKind.Timeout, "guest-still-runs", string.Create(CultureInfo.InvariantCulture, $"The guest of VM {vm} was asked to shut down and is not off after {request.TimeoutSeconds} s."),
                    "Wait for it, or turn it off with ForceStopVM.");
            }

            await Task.Delay(s_stopLook, time, call.CancellationToken);
        }

        await SettleAsync(call, vm);
        return new Empty();
    }

    VmSpec Spec(CreateVMOnNodeRequest request)
    {
        var spec = request.Spec ?? new Contracts.Grpc.Compute.VmSpec();
        if (spec.Memory is { Hugepages: true })
        {
            throw Unsupported("spec.memory.hugepages asks for huge pages", "Leave it out, or write it into spec.native_definition.");
        }

        if (spec.Disks.Any(d => d.Readonly))
        {
            throw Unsupported("spec.disks.readonly asks for a disk that cannot be written", "Leave it out, or write it into spec.native_definition.");
        }

        var cpu = spec.Cpu ?? new CpuConfig();
        var disks = new List<VmDisk>();
        foreach (var disk in spec.Disks)
        {
            disks.Add(new VmDisk { Target = disk.Id.Length > 0 ? disk.Id : Target(disk.Bus, disks), Source = disk.Path, Format = disk.Format.Length > 0 ? disk.Format : null });
        }

        return new VmSpec
        {
            Id = request.VmId.Length > 0 ? Id(request.VmId) : null,
            Name = request.Name,
            Vcpus = (int)Math.Min(AtLeastOne(cpu.Cores) * AtLeastOne(cpu.Sockets) * AtLeastOne(cpu.ThreadsPerCore), int.MaxValue),
            MemoryMiB = spec.Memory?.SizeMib is > 0 and <= long.MaxValue and var mib ? (long)mib : DefaultMemoryMiB,
            Disks = disks,
            Nics = [.. spec.Nics.Select(n => new VmNic { MacAddress = n.MacAddress.Length > 0 ? n.MacAddress.ToLowerInvariant() : NewMac(), Network = Network(n), Model = n.Model.Length > 0 ? n.Model : null })],
            Notes = spec.Notes.Length > 0 ? spec.Notes : null,
            NativeDefinition = spec.NativeDefinition.Length > 0 ? spec.NativeDefinition : null,
        };

        static ulong AtLeastOne(uint n) => Math.Max(1, Math.Min(n, ushort.MaxValue));
    }

    static string Target(DiskBus bus, List<VmDisk> taken)
    {
        var prefix = bus switch { DiskBus.Scsi => "sd", DiskBus.Sata or DiskBus.Ide => "hd", _ => "vd" };
        return Enumerable.Range('a', 26).Select(c => $"{prefix}{(char)c}").FirstOrDefault(t => taken.All(d => d.Target != t))
            ?? throw new GrpcException(GrpcStatus.InvalidArgument, "spec.disks: there are more than 26 of one bus.");
    }

    static string? Network(NetworkInterface nic) => nic.Network.Length > 0 ? nic.Network : nic.Bridge.Length > 0 ? nic.Bridge : null;

    /// <summary>One of the hypervisor's own range.</summary>
    string NewMac()
    {
        var tail = RandomNumberGenerator.GetBytes(3);
        var head = Driver.Kind == HypervisorKind.HyperV ? "00:15:5d" : "52:54:00";
        return string.Create(CultureInfo.InvariantCulture, $"{head}:{tail[0]:x2}:{tail[1]:x2}:{tail[2]:x2}");
    }
}
