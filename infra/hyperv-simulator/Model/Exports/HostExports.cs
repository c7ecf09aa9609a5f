using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Exports;

/// <summary>Exports of virtual machines, summaries of configuration files and upgrades of configurations.</summary>
internal sealed class HostExports
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private const string Settings = "Msvm_VirtualSystemExportSettingData";
    private readonly SimulatedHyperVHost host;

    public HostExports(SimulatedHyperVHost host)
    {
        this.host = host;
        var catalogue = host.Catalogue;
        catalogue.Add(Settings, () => host.Vms.Values.Select(ExportSettings.Default), path => OfSettings(path) is { } vm ? ExportSettings.Default(vm) : null);
        catalogue.Associate(
            "Msvm_SystemExportSettingData", "ManagedElement", "SettingData",
            left => left.ClassName == "Msvm_ComputerSystem" && host.Vms.TryGetValue(left["Name"]!, out var vm) ? [new CimPath(Settings, ("InstanceID", ExportSettings.InstanceIdOf(vm)))] : [],
            right => right.ClassName == Settings && OfSettings(right) is { } vm ? [VmPath.Of(vm)] : []);
        catalogue.Method(Service, "ExportSystemDefinition", (_, arguments) => Export(arguments));
        catalogue.Method(Service, "GetDefinitionFileSummaryInformation", (_, arguments) => Summaries(arguments));
        catalogue.Method(Service, "UpgradeSystemVersion", (_, arguments) => Upgrade(arguments));
        catalogue.Method(Service, "GetSizeOfSystemFiles", (_, arguments) => Size(arguments));
    }

    private CimInstance Export(CimInstance arguments)
    {
        var vm = VmOf(arguments) ?? throw new MethodRefused(ReturnCode.InvalidParameter, "There is no such virtual machine.");
        var settings = ExportSettings.Read(vm, arguments.String("ExportSettingData"));
        if (vm.State is not (VmState.Off or VmState.Saved or VmState.Running or VmState.Paused))
        {
            throw new MethodRefused(ReturnCode.InvalidState, $"'{vm.Name}' is {vm.State}.");
        }

        CheckFree(vm);
        ExportTree tree;
        string root;
        try
        {
            root = WindowsPath.Normalize(arguments.String("ExportDirectory"));
            root = settings.Subdirectory ? WindowsPath.Join(root, DirectoryNameOf(vm)) : root;
            tree = new ExportTree(host, vm, settings, root);
        }
        catch (StorageFault fault)
        {
            throw new MethodRefused(fault.Error == StorageError.InvalidName ? ReturnCode.InvalidParameter : ReturnCode.Failed, fault.Message);
        }

        return HostJobs.Started(host.Jobs.Start(
            "Msvm_ConcreteJob",
            "Exporting Virtual Machine",
            host.Options.JobDuration + host.Options.DiskCopyDuration(tree.Bytes),
            _ =>
            {
                try
                {
                    if (settings.Subdirectory && host.Files.DirectoryExists(root) && host.Files.List(root).Count > 0)
                    {
                        throw new StorageFault(StorageError.FileExists, root, "The file exists");
                    }

                    // The disks as they are at the end: what the guest wrote meanwhile is in them.
                    new ExportTree(host, vm, settings, root).Write();
                }
                catch (StorageFault fault)
                {
                    throw new JobFailed(fault.Code, $"Failed to copy file during export of virtual machine '{vm.Name}'. (Virtual machine ID {vm.Key})\n\n{fault.Message}", fault.Message);
                }
            },
            [VmPath.Of(vm)],
            onCancel: _ => { },
            type: JobType.ExportVm));
    }

    private CimInstance Summaries(CimInstance arguments)
    {
        var summaries = new List<CimInstance>();
        foreach (var file in arguments.Array<string>("DefinitionFiles"))
        {
            if (host.Files.Find(file)?.Content is not ExportedDefinition definition)
            {
                throw new MethodRefused(ReturnCode.InvalidParameter, $"'{file}' is no configuration.");
            }

            var configuration = definition.ToConfiguration();
            var summary = CimBlank.Of("Msvm_SummaryInformation");
            summary["CreationTime"] = configuration.Settings["CreationTime"];
            summary["ElementName"] = configuration.Settings["ElementName"];
            summary["InstanceID"] = configuration.Settings["InstanceID"];
            summary["Name"] = configuration.Id;
            summary["Notes"] = configuration.Settings.Array<string>("Notes") is [var notes, ..] ? notes : string.Empty;
            summary["NumberOfProcessors"] = (ushort)(configuration.Of("Msvm_ProcessorSettingData").FirstOrDefault()?.Number("VirtualQuantity") ?? 0);
            summary["Version"] = configuration.Settings["Version"];
            summary["VirtualSystemSubType"] = configuration.Settings["VirtualSystemSubType"];
            summaries.Add(summary);
        }

        return CimBlank.Result(0, ("SummaryInformation", summaries.ToArray()));
    }

    private CimInstance Upgrade(CimInstance arguments)
    {
        const uint InvalidParameter = 4;
        const uint InvalidState = 5;
        var vm = VmOf(arguments) ?? throw new MethodRefused(InvalidParameter, "There is no such virtual machine.");
        var target = arguments.String("UpgradeSettingData") is { Length: > 0 } text ? HostServices.Embedded(text, "Msvm_VirtualSystemUpgradeSettingData", InvalidParameter).String("TargetVersion") : null;
        target = string.IsNullOrEmpty(target) ? host.Options.VmVersions[^1] : target;
        var versions = host.Options.VmVersions.ToList();
        if (!versions.Contains(target) || versions.IndexOf(target) < versions.IndexOf(vm.Configuration.Settings.String("Version") ?? string.Empty))
        {
            throw new MethodRefused(InvalidParameter, $"'{vm.Name}' cannot become version {target}.");
        }

        if (vm.State != VmState.Off)
        {
            throw new MethodRefused(InvalidState, $"'{vm.Name}' is {vm.State}.");
        }

        return HostJobs.Started(host.Jobs.Start(
            "Msvm_ConcreteJob",
            "Upgrading Virtual Machine Configuration Version",
            host.Options.JobDuration,
            _ =>
            {
                var settings = vm.Configuration.Settings.Copy();
                settings["Version"] = target;
                vm.Configuration.Settings = settings;
                vm.ConfiguredAt = host.Timeline.Now;
            },
            [VmPath.Of(vm)],
            type: JobType.ModifyVm));
    }

    private CimInstance Size(CimInstance arguments)
    {
        var id = arguments.Reference("Vssd")?["InstanceID"];
        foreach (var configuration in host.Vms.Values.SelectMany(vm => vm.Snapshots.Append(vm.Configuration)))
        {
            if (string.Equals(id, configuration.Settings.String("InstanceID"), StringComparison.OrdinalIgnoreCase))
            {
                var memory = configuration.Settings.Boolean("IsSaved") == true ? configuration.Of("Msvm_MemorySettingData").First().Number("VirtualQuantity") ?? 0 : 0;
                return CimBlank.Result(0, ("Size", ((ulong)memory << 20) + (64UL << 10)));
            }
        }

        throw new MethodRefused(ReturnCode.InvalidParameter, "There are no such settings.");
    }

    private void CheckFree(SimulatedVm vm)
    {
        if (host.IsBusy(vm))
        {
            throw new MethodRefused(ReturnCode.InUse, $"'{vm.Name}' is being worked on.");
        }
    }

    private SimulatedVm? VmOf(CimInstance arguments) =>
        arguments.Reference("ComputerSystem") is { } path && path.ClassName.Equals("Msvm_ComputerSystem", StringComparison.OrdinalIgnoreCase) ? host.Vms.GetValueOrDefault(path["Name"] ?? string.Empty) : null;

    private SimulatedVm? OfSettings(CimPath path) => host.Vms.Values.FirstOrDefault(vm => ExportSettings.InstanceIdOf(vm).Equals(path["InstanceID"], StringComparison.OrdinalIgnoreCase));

    /// <summary>The machine's name as a directory: what cannot be in one becomes an underscore.</summary>
    private static string DirectoryNameOf(SimulatedVm vm)
    {
        var name = string.Concat(vm.Name.Select(letter => char.IsControl(letter) || @"<>:""/\|?*".Contains(letter, StringComparison.Ordinal) ? '_' : letter)).TrimEnd(' ', '.');
        return name.Length == 0 ? vm.Key : name;
    }
}
