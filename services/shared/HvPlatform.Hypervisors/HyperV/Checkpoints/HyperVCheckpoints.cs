using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The checkpoints facet. A checkpoint is a <c>Msvm_VirtualSystemSettingData</c> of type <c>Microsoft:Hyper-V:Snapshot:…</c>; its <c>Parent</c> names the one it was
/// made from, and so does that of the VM's own settings. Its id is the part of its <c>InstanceID</c> after <c>Microsoft:</c>.
/// </summary>
internal sealed class HyperVCheckpoints(HyperVConnector connector, HyperVServices services) : ICheckpointsDriver
{
    private const string Service = "Msvm_VirtualSystemSnapshotService";
    private const string Settings = "Msvm_VirtualSystemSettingData";
    private const string IdPrefix = "Microsoft:";
    private const string TypePrefix = "Microsoft:Hyper-V:Snapshot:";
    private const ushort FullSnapshot = 2;
    private static readonly VmPowerState[] AtRest = [VmPowerState.Off, VmPowerState.Saved, VmPowerState.Running, VmPowerState.Paused];

    public Task<VmCheckpoints> ListAsync(VmId vm, CancellationToken cancellationToken) => RunAsync(
        vm, "list the checkpoints of", async (session, machine) => new VmCheckpoints { VmId = vm, Checkpoints = InTreeOrder(await ReadAsync(session, machine, cancellationToken)) }, cancellationToken);

    public Task CreateAsync(VmId vm, string name, CancellationToken cancellationToken) => RunAsync(
        vm,
        "create a checkpoint of",
        async (session, machine) =>
        {
            machine.Require("create a checkpoint of", AtRest);
            if (name.Length is 0 or > 100)
            {
                throw HyperVErrors.Validation("name", $"a checkpoint's name has 1 to 100 characters, this one has {name.Length}.", connector.Where);
            }

            var before = await ReadAsync(session, machine, cancellationToken);
            if (before.Any(c => c.Name == name))
            {
                throw machine.Refused(ErrorCategory.Validation, ErrorKind.Conflict, "checkpoint-exists", $"VM {machine.Name} already has a checkpoint named {name}.", "Choose another name.");
            }

            var result = await services.CallAsync(
                session, Service, "CreateSnapshot",
                HyperVServices.Arguments("CreateSnapshot", ("AffectedSystem", machine.Path), ("SnapshotSettings", ""), ("SnapshotType", FullSnapshot)),
                $"create a checkpoint of VM {machine.Name}", cancellationToken);

            // The host names it by the VM and the time; the name that was asked for is given to it now. What the job has worked on may be the VM's own settings, too:
            // what is new among the checkpoints counts, and the job is asked only which of several new ones is this one.
            var made = (await ReadAsync(session, machine, cancellationToken)).ExceptBy(before.Select(c => c.Id), c => c.Id, StringComparer.OrdinalIgnoreCase).Select(c => IdPrefix + c.Id).ToList();
            if (made.Count > 1)
            {
                var told = (await connector.Jobs.ResultAsync(session, result, "ResultingSnapshot", Settings, cancellationToken))?["InstanceID"];
                made.RemoveAll(id => !id.Equals(told, StringComparison.OrdinalIgnoreCase));
            }

            var rename = new CimInstance(Settings)
            {
                ["InstanceID"] = made.Count == 1 ? made[0] : throw HyperVErrors.CheckpointNotFound(machine.Name, name, connector.Where),
                ["ElementName"] = name,
            };
            await services.ManageAsync(
                session, "ModifySystemSettings", HyperVServices.Arguments("ModifySystemSettings", ("SystemSettings", CimXml.Write(rename))), $"name the checkpoint of VM {machine.Name}", cancellationToken);
            return true;
        },
        cancellationToken);

    public Task ApplyAsync(VmId vm, string checkpointId, CancellationToken cancellationToken) => RunAsync(
        vm,
        "apply a checkpoint to",
        async (session, machine) =>
        {
            machine.Require("apply a checkpoint to", VmPowerState.Off, VmPowerState.Saved);
            var path = await FindAsync(session, machine, checkpointId, cancellationToken);
            await services.CallAsync(session, Service, "ApplySnapshot", HyperVServices.Arguments("ApplySnapshot", ("Snapshot", path)), $"apply a checkpoint to VM {machine.Name}", cancellationToken);
            return true;
        },
        cancellationToken);

    public Task DeleteAsync(VmId vm, string checkpointId, bool subtree, CancellationToken cancellationToken) => RunAsync(
        vm,
        "delete a checkpoint of",
        async (session, machine) =>
        {
            machine.Require("delete a checkpoint of", AtRest);
            var path = await FindAsync(session, machine, checkpointId, cancellationToken);
            var (method, argument) = subtree ? ("DestroySnapshotTree", "SnapshotSettingData") : ("DestroySnapshot", "AffectedSnapshot");
            await services.CallAsync(session, Service, method, HyperVServices.Arguments(method, (argument, path)), $"delete a checkpoint of VM {machine.Name}", cancellationToken);
            return true;
        },
        cancellationToken);

    private Task<T> RunAsync<T>(VmId vm, string verb, Func<ICimSession, HyperVMachine, Task<T>> work, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot {verb} VM {vm}", async session => await work(session, await HyperVMachine.FindAsync(session, vm, connector.Where, cancellationToken)), cancellationToken);

    private async Task<CimPath> FindAsync(ICimSession session, HyperVMachine machine, string checkpointId, CancellationToken cancellationToken)
    {
        var found = (await ReadAsync(session, machine, cancellationToken)).FirstOrDefault(c => string.Equals(c.Id, checkpointId, StringComparison.OrdinalIgnoreCase))
            ?? throw HyperVErrors.CheckpointNotFound(machine.Name, checkpointId, connector.Where);
        return new CimPath(Settings, ("InstanceID", IdPrefix + found.Id));
    }

    private static async Task<List<VmCheckpoint>> ReadAsync(ICimSession session, HyperVMachine machine, CancellationToken cancellationToken)
    {
        var current = ParentOf(machine.Settings);
        var found = new List<VmCheckpoint>();
        foreach (var snapshot in await HyperVMachine.ListAsync(session.AssociatorsAsync(machine.Path, "Msvm_SnapshotOfVirtualSystem", Settings, cancellationToken)))
        {
            var type = snapshot.String("VirtualSystemType") ?? "";
            if (snapshot.String("InstanceID") is not { } instanceId || !type.StartsWith(TypePrefix, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var id = IdOf(instanceId);
            found.Add(new VmCheckpoint
            {
                Id = id,
                Name = snapshot.String("ElementName") ?? id,
                ParentId = ParentOf(snapshot),
                CreatedAt = snapshot.Moment("CreationTime") ?? DateTimeOffset.UnixEpoch,
                Current = string.Equals(id, current, StringComparison.OrdinalIgnoreCase),
                Kind = type[TypePrefix.Length..],
            });
        }

        return found;
    }

    private static List<VmCheckpoint> InTreeOrder(List<VmCheckpoint> all)
    {
        var ids = all.Select(c => c.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var left = all.OrderBy(c => c.CreatedAt).ThenBy(c => c.Id, StringComparer.Ordinal).ToList();
        var ordered = new List<VmCheckpoint>();
        var placed = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

        // A host that lies about parents must not hold this up: what has no place at the end is appended.
        while (left.FindIndex(c => c.ParentId is null || !ids.Contains(c.ParentId) || placed.Contains(c.ParentId)) is >= 0 and var at)
        {
            placed.Add(left[at].Id);
            ordered.Add(left[at]);
            left.RemoveAt(at);
        }

        return [.. ordered, .. left];
    }

    private static string? ParentOf(CimInstance settings) => CimPath.TryParse(settings.String("Parent"), out var path) && path!["InstanceID"] is { Length: > 0 } id ? IdOf(id) : null;

    private static string IdOf(string instanceId) => instanceId.StartsWith(IdPrefix, StringComparison.OrdinalIgnoreCase) ? instanceId[IdPrefix.Length..] : instanceId;
}
