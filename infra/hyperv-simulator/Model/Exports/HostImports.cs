using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Snapshots;
using HvPlatform.HyperVSimulator.Model.Storage;
using HvPlatform.HyperVSimulator.Model.Vms;

namespace HvPlatform.HyperVSimulator.Model.Exports;

/// <summary>Imports: a configuration file becomes a planned virtual machine, which is checked and then made real.</summary>
internal sealed class HostImports
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private const string PlannedSnapshot = "Microsoft:Hyper-V:Snapshot:Planned";
    private const string RealizedSnapshot = "Microsoft:Hyper-V:Snapshot:Realized";
    private readonly SimulatedHyperVHost host;

    public HostImports(SimulatedHyperVHost host)
    {
        this.host = host;
        host.Catalogue.Method(Service, "ImportSystemDefinition", (_, arguments) => Import(arguments));
        host.Catalogue.Method(Service, "ImportSnapshotDefinitions", (_, arguments) => ImportSnapshots(arguments));
        host.Catalogue.Method(Service, "ValidatePlannedSystem", (_, arguments) => Validate(arguments));
        host.Catalogue.Method(Service, "RealizePlannedSystem", (_, arguments) => Realize(arguments));
    }

    private CimInstance Import(CimInstance arguments)
    {
        var file = Path(arguments.String("SystemDefinitionFile"));
        var folder = arguments.String("SnapshotFolder") is { Length: > 0 } given ? Path(given) : null;
        var fresh = arguments.Boolean("GenerateNewSystemIdentifier") ?? false;
        return Start("Importing Virtual Machine", JobType.ImportVm, [], job =>
        {
            if (host.Files.Read(file).Content is not ExportedDefinition definition)
            {
                throw new StorageFault(StorageError.Corrupt, file, "The virtual machine's configuration cannot be read");
            }

            var configuration = definition.ToConfiguration();
            var id = fresh ? host.NewId() : Guid.Parse(configuration.Id);
            var key = VmConfiguration.Key(id);
            if (host.Vms.ContainsKey(key) || host.PlannedVms.ContainsKey(key))
            {
                throw new JobFailed((ushort)ReturnCode.Failed, $"A virtual machine with the ID {key} exists already. (0x800700B7).");
            }

            configuration = configuration.CopyAs(id, host.Name);
            configuration.Settings = Marked(configuration.Settings, id, VmBuilder.Planned);
            var vm = new SimulatedVm(id, configuration) { ConfiguredAt = host.Timeline.Now, LastAppliedSnapshotId = definition.LastAppliedSnapshotId };
            if (folder is not null)
            {
                ReadSnapshots(vm, folder);
            }

            host.Place(vm, planned: true);
            job.Creates(VmPath.OfPlanned(vm));
        });
    }

    private CimInstance ImportSnapshots(CimInstance arguments)
    {
        var vm = PlannedVm(arguments);
        var folder = Path(arguments.String("SnapshotFolder"));
        return Start("Importing Snapshots", JobType.ImportVm, [VmPath.OfPlanned(vm)], job =>
        {
            CheckStillThere(vm);
            foreach (var snapshot in ReadSnapshots(vm, folder))
            {
                job.Creates(VmPath.OfSettings(snapshot));
            }
        });
    }

    private List<VmConfiguration> ReadSnapshots(SimulatedVm vm, string folder)
    {
        if (!host.Files.DirectoryExists(folder))
        {
            throw new StorageFault(StorageError.PathNotFound, folder, "The system cannot find the path specified");
        }

        var found = host.Files.List(folder).Select(one => one.Content).OfType<ExportedDefinition>()
            .Where(one => one.Settings.String("VirtualSystemType")?.Contains(":Snapshot:", StringComparison.Ordinal) == true)
            .Select(one => one.ToConfiguration())
            .Where(one => vm.Snapshots.TrueForAll(own => own.Id != one.Id))
            .ToList();

        // Beside the machine that was exported its snapshots get ids of their own, as the machine did.
        var ids = found.ToDictionary(one => one.Id, one => host.FindConfiguration(one.Settings.String("InstanceID")!) is null ? Guid.Parse(one.Id) : host.NewId());
        string? Parent(CimInstance settings) => HostSnapshots.ParentIdOf(settings) is { } id ? (ids.TryGetValue(id, out var own) ? VmConfiguration.Key(own) : id) : null;
        var read = new List<VmConfiguration>();
        foreach (var exported in found)
        {
            var snapshot = exported.CopyAs(ids[exported.Id], host.Name);
            var settings = HostSnapshots.WithParent(snapshot.Settings, Parent(snapshot.Settings), host.Name);
            settings["ConfigurationID"] = snapshot.Id;
            settings["VirtualSystemIdentifier"] = vm.Key;
            settings["VirtualSystemType"] = PlannedSnapshot;
            snapshot.Settings = settings;
            read.Add(snapshot);
        }

        vm.Configuration.Settings = HostSnapshots.WithParent(vm.Configuration.Settings, Parent(vm.Configuration.Settings), host.Name);
        vm.LastAppliedSnapshotId = vm.LastAppliedSnapshotId is { } last && ids.TryGetValue(last, out var applied) ? VmConfiguration.Key(applied) : vm.LastAppliedSnapshotId;
        vm.Snapshots.AddRange(read);
        return read;
    }

    private CimInstance Validate(CimInstance arguments)
    {
        var vm = PlannedVm(arguments);
        return Start("Validating Planned Virtual Machine", JobType.ValidatePlannedVm, [VmPath.OfPlanned(vm)], _ =>
        {
            CheckStillThere(vm);
            Check(vm, "The planned virtual machine cannot be realized on this host");
        });
    }

    private CimInstance Realize(CimInstance arguments)
    {
        var vm = PlannedVm(arguments);
        return Start("Realizing Planned Virtual Machine", JobType.RealizeVm, [VmPath.OfPlanned(vm)], job =>
        {
            CheckStillThere(vm);
            if (host.Vms.ContainsKey(vm.Key))
            {
                throw new JobFailed((ushort)ReturnCode.Failed, $"A virtual machine with the ID {vm.Key} exists already. (0x800700B7).");
            }

            Check(vm, "The virtual machine could not be realized");
            host.RemovePlanned(vm.Id);
            var saved = vm.Configuration.Settings.Boolean("IsSaved") == true;
            vm.Configuration.Settings = Marked(vm.Configuration.Settings, vm.Id, VmBuilder.Realized);
            foreach (var snapshot in vm.Snapshots)
            {
                var settings = snapshot.Settings.Copy();
                settings["VirtualSystemType"] = RealizedSnapshot;
                snapshot.Settings = settings;
            }

            if (saved)
            {
                vm.Enter(VmState.Saved, host.Timeline.Now);
            }

            vm.ConfiguredAt = host.Timeline.Now;
            host.Place(vm, planned: false);
            job.Creates(VmPath.Of(vm));
        });
    }

    /// <summary>What the planned virtual machine lacks on this host.</summary>
    private List<string> Problems(SimulatedVm vm)
    {
        var problems = new List<string>();
        var configuration = vm.Configuration;
        foreach (var medium in vm.Snapshots.Append(configuration).SelectMany(one => one.Media()).Distinct())
        {
            try
            {
                var path = VmDisks.FileOf(medium);
                _ = medium.String("ResourceSubType") == VmDisks.HardDisk ? (object)host.Disks.Chain(path) : host.Files.Read(path);
            }
            catch (StorageFault fault)
            {
                problems.Add($"'{vm.Name}' {medium.String("ElementName")}: {fault.Message}");
            }
        }

        foreach (var connection in configuration.Of("Msvm_EthernetPortAllocationSettingData").Where(one => one.Array<string>("HostResource") is [{ Length: > 0 }, ..]))
        {
            if (host.NetworkSwitches.FindByText(connection.Array<string>("HostResource")[0]) is null)
            {
                problems.Add($"Could not find Ethernet switch '{connection.String("LastKnownSwitchName")}'. (0x80078000 / 33012).");
            }
        }

        if (configuration.Of("Msvm_MemorySettingData").FirstOrDefault()?.Number("VirtualQuantity") is { } memory && memory > host.Options.MemoryMb)
        {
            problems.Add($"'{vm.Name}' has {memory} MB of memory, this host {host.Options.MemoryMb} MB. (0x8007000E).");
        }

        if (configuration.Of("Msvm_ProcessorSettingData").FirstOrDefault()?.Number("VirtualQuantity") is { } processors && processors > host.Options.Processors)
        {
            problems.Add($"'{vm.Name}' has {processors} processors, this host {host.Options.Processors}. (0x80070057).");
        }

        if (configuration.Settings.String("Version") is { Length: > 0 } version && !host.Options.VmVersions.Contains(version))
        {
            problems.Add($"'{vm.Name}' has configuration version {version}, which this host does not support. (0x80370125).");
        }

        if (vm.Name.Length is 0 or > 100)
        {
            problems.Add("The name of a virtual machine has 1 to 100 characters. (0x80070057).");
        }

        return problems;
    }

    private void Check(SimulatedVm vm, string what)
    {
        if (Problems(vm) is { Count: > 0 } problems)
        {
            throw new JobFailed((ushort)ReturnCode.Failed, $"{what}: '{vm.Name}'. (Virtual machine ID {vm.Key})\n\n{string.Join("\n\n", problems)}", [.. problems]);
        }
    }

    private CimInstance Start(string caption, JobType type, IEnumerable<CimPath> affected, Action<HostJob> effect) => HostJobs.Started(host.Jobs.Start(
        "Msvm_ConcreteJob",
        caption,
        host.Options.JobDuration,
        job =>
        {
            try
            {
                effect(job);
            }
            catch (StorageFault fault)
            {
                throw new JobFailed((ushort)ReturnCode.Failed, $"{caption} failed.\n\n{fault.Message}", fault.Message);
            }
        },
        affected,
        onCancel: _ => { },
        type: type));

    private SimulatedVm PlannedVm(CimInstance arguments)
    {
        var path = arguments.Reference("PlannedSystem");
        return path is not null && path.ClassName.Equals("Msvm_PlannedComputerSystem", StringComparison.OrdinalIgnoreCase) && host.PlannedVms.TryGetValue(path["Name"] ?? string.Empty, out var vm)
            ? vm
            : throw new MethodRefused(ReturnCode.InvalidParameter, "There is no such planned virtual machine.");
    }

    private void CheckStillThere(SimulatedVm vm)
    {
        if (host.PlannedVms.GetValueOrDefault(vm.Key) != vm)
        {
            throw new JobFailed((ushort)ReturnCode.InvalidState, $"The planned virtual machine '{vm.Name}' is gone.");
        }
    }

    private string Path(string? text)
    {
        try
        {
            return WindowsPath.Normalize(text);
        }
        catch (StorageFault fault)
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, fault.Message);
        }
    }

    private CimInstance Marked(CimInstance settings, Guid id, string type)
    {
        var copy = HostSnapshots.WithParent(settings, HostSnapshots.ParentIdOf(settings), host.Name);
        copy["ConfigurationID"] = VmConfiguration.Key(id);
        copy["VirtualSystemIdentifier"] = VmConfiguration.Key(id);
        copy["VirtualSystemType"] = type;
        return copy;
    }
}
