using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Snapshots;

/// <summary><c>Msvm_VirtualSystemSnapshotService</c>, and how snapshots hang together.</summary>
internal sealed class HostSnapshots
{
    private const string Service = "Msvm_VirtualSystemSnapshotService";
    private const string Settings = "Msvm_VirtualSystemSettingData";
    private const string Realized = "Microsoft:Hyper-V:Snapshot:Realized";
    private const string Recovery = "Microsoft:Hyper-V:Snapshot:Recovery";
    private const ushort Full = 2;
    private const ushort DiskOnly = 3;
    private const ushort RecoveryType = 32768;
    private const ushort SnapshotsDisabled = 2;
    private readonly SimulatedHyperVHost host;

    public HostSnapshots(SimulatedHyperVHost host)
    {
        this.host = host;
        HostServices.Add(host, Service, "vmms", "Hyper-V Virtual System Snapshot Service");
        var catalogue = host.Catalogue;
        catalogue.Method(Service, "CreateSnapshot", (_, arguments) => Create(arguments));
        catalogue.Method(Service, "ApplySnapshot", (_, arguments) => Apply(arguments.Reference("Snapshot")));
        catalogue.Method(Service, "DestroySnapshot", (_, arguments) => Destroy(arguments.Reference("AffectedSnapshot"), tree: false));
        catalogue.Method(Service, "DestroySnapshotTree", (_, arguments) => Destroy(arguments.Reference("SnapshotSettingData"), tree: true));
        catalogue.Method(Service, "ClearSnapshotState", (_, arguments) => ClearState(arguments.Reference("SnapshotSettingData")));
        catalogue.Associate(
            "Msvm_SnapshotOfVirtualSystem", "Antecedent", "Dependent",
            vm => Vm(vm)?.Snapshots.Select(VmPath.OfSettings) ?? [],
            snapshot => Find(snapshot) is { } found ? [VmPath.Of(found.Vm)] : []);
        catalogue.Associate(
            "Msvm_MostCurrentSnapshotInBranch", "Antecedent", "Dependent",
            vm => Vm(vm) is { } found && ParentOf(found, found.Configuration) is { } parent ? [VmPath.OfSettings(parent)] : [],
            snapshot => Find(snapshot) is { } found && ParentOf(found.Vm, found.Vm.Configuration) == found.Snapshot ? [VmPath.Of(found.Vm)] : []);
        catalogue.Associate(
            "Msvm_LastAppliedSnapshot", "Antecedent", "Dependent",
            snapshot => Find(snapshot) is { } found && found.Vm.LastAppliedSnapshotId == found.Snapshot.Id ? [VmPath.Of(found.Vm)] : [],
            vm => Vm(vm) is { } found && found.Snapshots.Find(one => one.Id == found.LastAppliedSnapshotId) is { } last ? [VmPath.OfSettings(last)] : []);
        catalogue.Associate(
            "Msvm_ParentChildSettingData", "Antecedent", "Dependent",
            parent => Find(parent) is { } found ? All(found.Vm).Where(one => ParentOf(found.Vm, one) == found.Snapshot).Select(VmPath.OfSettings) : [],
            child => Owner(child) is { } found && ParentOf(found.Vm, found.Configuration) is { } parent ? [VmPath.OfSettings(parent)] : []);
    }

    /// <summary>The path, as in <c>Parent</c>, of what a configuration came from, on another host or this.</summary>
    public static CimInstance WithParent(CimInstance settings, string? parentId, string hostName)
    {
        var copy = settings.Copy();
        copy["Parent"] = parentId is null ? null : new CimPath(Settings, ("InstanceID", "Microsoft:" + parentId)).ToObjectPath(hostName);
        return copy;
    }

    /// <summary>The id of the snapshot that a configuration's <c>Parent</c> names, or null.</summary>
    public static string? ParentIdOf(CimInstance settings) =>
        CimPath.TryParse(settings.String("Parent"), out var path) && path!["InstanceID"] is { } id && id.StartsWith("Microsoft:", StringComparison.OrdinalIgnoreCase) ? id["Microsoft:".Length..].ToUpperInvariant() : null;

    private CimInstance Create(CimInstance arguments)
    {
        var vm = Vm(arguments.Reference("AffectedSystem")) ?? throw new MethodRefused(ReturnCode.InvalidParameter, "There is no such virtual machine.");
        var type = arguments.Number("SnapshotType") ?? Full;
        if (type is not (Full or DiskOnly or RecoveryType))
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, $"SnapshotType {type} is not 2, 3 or 32768.");
        }

        if (arguments.String("SnapshotSettings") is { Length: > 0 } text)
        {
            HostServices.Embedded(text, "CIM_SettingData");
        }

        if (vm.Configuration.Settings.Number("UserSnapshotType") == SnapshotsDisabled && type != RecoveryType)
        {
            throw new MethodRefused(ReturnCode.NotSupported, "Checkpoints are disabled for this virtual machine.");
        }

        CheckState(vm, VmState.Running, VmState.Off, VmState.Saved, VmState.Paused);
        return HostJobs.Started(Start("Creating Virtual Machine Snapshot", JobType.TakeSnapshot, vm, 0, job =>
        {
            var snapshot = Freeze(vm, type, host.NewId());
            job.Creates(VmPath.OfSettings(snapshot));
        }));
    }

    private VmConfiguration Freeze(SimulatedVm vm, long type, Guid id)
    {
        var snapshot = vm.Configuration.CopyAs(id, host.Name);
        var now = host.Timeline.Now;
        var settings = snapshot.Settings.Copy();
        settings["Caption"] = "Virtual Machine Settings";
        settings["ConfigurationFile"] = $@"Snapshots\{snapshot.Id}.vmcx";
        settings["ConfigurationID"] = snapshot.Id;
        settings["CreationTime"] = new CimDateTime(now);
        settings["Description"] = "Snapshot of the virtual machine";
        settings["ElementName"] = string.Create(CultureInfo.InvariantCulture, $"{vm.Name} - ({now:M/d/yyyy - h:mm:ss tt})");
        settings["IsSaved"] = type == Full && vm.State != VmState.Off;
        settings["VirtualSystemType"] = type == RecoveryType ? Recovery : Realized;
        snapshot.Settings = settings;

        SnapshotDisks.Branch(host, vm.Configuration);
        vm.Configuration.Settings = WithParent(vm.Configuration.Settings, snapshot.Id, host.Name);
        vm.Snapshots.Add(snapshot);
        vm.ConfiguredAt = now;
        return snapshot;
    }

    private CimInstance Apply(CimPath? path)
    {
        var (vm, snapshot) = Found(path);
        CheckState(vm, VmState.Off, VmState.Saved);
        return HostJobs.Started(Start("Applying Virtual Machine Snapshot", JobType.ApplySnapshot, vm, 0, _ =>
        {
            CheckStillThere(vm, snapshot);
            var former = vm.Configuration.DiskPaths().ToList();
            var applied = snapshot.CopyAs(vm.Id, host.Name);
            var settings = WithParent(applied.Settings, snapshot.Id, host.Name);
            foreach (var property in (string[])["Caption", "ConfigurationFile", "ConfigurationID", "CreationTime", "Description", "ElementName", "VirtualSystemType"])
            {
                settings[property] = vm.Configuration.Settings[property];
            }

            applied.Settings = settings;
            SnapshotDisks.Branch(host, applied);
            vm.Configuration = applied;
            vm.LastAppliedSnapshotId = snapshot.Id;
            vm.ConfiguredAt = host.Timeline.Now;
            vm.Enter(snapshot.Settings.Boolean("IsSaved") == true ? VmState.Saved : VmState.Off, host.Timeline.Now);
            SnapshotDisks.Tidy(host, vm, former);
        }));
    }

    private CimInstance Destroy(CimPath? path, bool tree)
    {
        var (vm, snapshot) = Found(path);
        CheckState(vm, VmState.Running, VmState.Off, VmState.Saved, VmState.Paused);
        var bytes = SnapshotDisks.Bytes(host, snapshot);
        return HostJobs.Started(Start("Deleting Virtual Machine Snapshot", JobType.DeleteSnapshot, vm, bytes, _ =>
        {
            CheckStillThere(vm, snapshot);
            var gone = tree ? Descendants(vm, snapshot) : [snapshot];
            var parent = ParentIdOf(snapshot.Settings);
            vm.Snapshots.RemoveAll(gone.Contains);
            foreach (var orphan in All(vm).Where(one => ParentIdOf(one.Settings) is { } id && gone.Exists(one => one.Id == id)))
            {
                orphan.Settings = WithParent(orphan.Settings, parent, host.Name);
            }

            vm.ConfiguredAt = host.Timeline.Now;
            SnapshotDisks.Tidy(host, vm, gone.SelectMany(one => one.DiskPaths()));
        }));
    }

    private CimInstance ClearState(CimPath? path)
    {
        var (vm, snapshot) = Found(path);
        return HostJobs.Started(Start("Clearing Snapshot State", JobType.DeleteSnapshot, vm, 0, _ =>
        {
            CheckStillThere(vm, snapshot);
            var settings = snapshot.Settings.Copy();
            settings["IsSaved"] = false;
            snapshot.Settings = settings;
        }));
    }

    private CimPath Start(string caption, JobType type, SimulatedVm vm, ulong bytes, Action<HostJob> effect)
    {
        if (host.IsBusy(vm))
        {
            throw new MethodRefused(ReturnCode.InUse, $"'{vm.Name}' is being worked on.");
        }

        return host.Jobs.Start(
            "Msvm_ConcreteJob",
            caption,
            host.Options.JobDuration + host.Options.DiskCopyDuration(bytes),
            job =>
            {
                try
                {
                    effect(job);
                }
                catch (StorageFault fault)
                {
                    throw new JobFailed(fault.Code, $"{caption} failed for '{vm.Name}'. (Virtual machine ID {vm.Key})\n\n{fault.Message}", fault.Message);
                }
            },
            [VmPath.Of(vm)],
            type: type);
    }

    private static void CheckState(SimulatedVm vm, params ReadOnlySpan<VmState> allowed)
    {
        if (!allowed.Contains(vm.State))
        {
            throw new MethodRefused(ReturnCode.InvalidState, $"'{vm.Name}' is {vm.State}.");
        }
    }

    private void CheckStillThere(SimulatedVm vm, VmConfiguration snapshot)
    {
        if (!host.Vms.Values.Contains(vm) || !vm.Snapshots.Contains(snapshot))
        {
            throw new JobFailed((ushort)ReturnCode.InvalidState, $"The snapshot of '{vm.Name}' is gone.");
        }
    }

    private static List<VmConfiguration> Descendants(SimulatedVm vm, VmConfiguration root)
    {
        var found = new List<VmConfiguration> { root };
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(vm.Snapshots.Where(one => ParentIdOf(one.Settings) == found[i].Id && !found.Contains(one)));
        }

        return found;
    }

    private SimulatedVm? Vm(CimPath? path) => path is { ClassName: "Msvm_ComputerSystem" } && path["Name"] is { } name ? host.Vms.GetValueOrDefault(name) : null;

    private (SimulatedVm Vm, VmConfiguration Snapshot) Found(CimPath? path) => Find(path) ?? throw new MethodRefused(ReturnCode.InvalidParameter, "There is no such snapshot.");

    private (SimulatedVm Vm, VmConfiguration Snapshot)? Find(CimPath? path) => Owner(path) is { } found && found.Vm.Snapshots.Contains(found.Configuration) ? found : null;

    private (SimulatedVm Vm, VmConfiguration Configuration)? Owner(CimPath? path)
    {
        if (path?["InstanceID"] is not { } id || !path.ClassName.Equals(Settings, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        foreach (var vm in host.Vms.Values)
        {
            if (All(vm).FirstOrDefault(one => id.Equals(one.Settings.String("InstanceID"), StringComparison.OrdinalIgnoreCase)) is { } found)
            {
                return (vm, found);
            }
        }

        return null;
    }

    private static IEnumerable<VmConfiguration> All(SimulatedVm vm) => vm.Snapshots.Append(vm.Configuration);

    private static VmConfiguration? ParentOf(SimulatedVm vm, VmConfiguration configuration) => ParentIdOf(configuration.Settings) is { } id ? vm.Snapshots.Find(one => one.Id == id) : null;
}
