using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>The host and its virtual machines as instances: <c>Msvm_ComputerSystem</c>, their settings, and what relates them.</summary>
internal sealed class HostVms
{
    private const string System = "Msvm_ComputerSystem";
    private const string PlannedSystem = "Msvm_PlannedComputerSystem";
    private const string Settings = "Msvm_VirtualSystemSettingData";

    /// <summary>The classes of settings that are found by a configuration's id.</summary>
    private static readonly string[] ResourceClasses =
    [
        .. ResourceKinds.All.Select(kind => kind.ClassName).Distinct(), "Msvm_SecuritySettingData", "Msvm_StorageSettingData", "Msvm_BootSourceSettingData",
    ];

    private readonly SimulatedHyperVHost host;

    public HostVms(SimulatedHyperVHost host)
    {
        this.host = host;
        var catalogue = host.Catalogue;
        catalogue.Add(
            System,
            () => host.Vms.Values.Select(vm => SystemInstances.Of(host, vm)).Prepend(SystemInstances.OfHost(host)),
            path => host.FindVm(path) is { } vm ? SystemInstances.Of(host, vm) : host.Name.Equals(path["Name"], StringComparison.OrdinalIgnoreCase) ? SystemInstances.OfHost(host) : null);
        catalogue.Add(PlannedSystem, () => host.PlannedVms.Values.Select(vm => SystemInstances.Of(host, vm)), path => host.PlannedVms.GetValueOrDefault(path["Name"]!) is { } vm ? SystemInstances.Of(host, vm) : null);
        catalogue.Add(
            Settings,
            () => Configurations().Select(one => one.Settings),
            path => host.FindConfiguration(path["InstanceID"])?.Configuration.Settings,
            equal => equal.TryGetValue("VirtualSystemIdentifier", out var id) && host.Vms.TryGetValue(id, out var vm) ? vm.Snapshots.Append(vm.Configuration).Select(one => one.Settings) : null);
        foreach (var className in ResourceClasses)
        {
            catalogue.Add(
                className,
                () => Configurations().SelectMany(one => one.Resources).Where(one => one.ClassName == className),
                path => host.FindConfiguration(path["InstanceID"])?.Configuration.Find(path["InstanceID"]!) is { } found && found.ClassName == className ? found : null);
        }

        Associate(catalogue);
    }

    private IEnumerable<VmConfiguration> Configurations() => host.AllVms.SelectMany(vm => vm.Snapshots.Prepend(vm.Configuration));

    private void Associate(CimCatalogue catalogue)
    {
        catalogue.Associate(
            "Msvm_SettingsDefineState",
            "ManagedElement",
            "SettingData",
            element => host.FindVm(element) is { } vm ? [VmPath.OfSettings(vm.Configuration)] : DeviceSettings(element),
            settings => OwnOf(settings) is not var (vm, configuration) ? []
                : settings.ClassName == Settings ? [vm.Path]
                : VmDevices.Of(vm).Where(device => device.Settings is not null && device.Settings == configuration.Find(settings["InstanceID"]!)).Select(device => device.Path(vm)));
        catalogue.Associate(
            "Msvm_VirtualSystemSettingDataComponent",
            "GroupComponent",
            "PartComponent",
            group => group.ClassName == Settings && host.FindConfiguration(group["InstanceID"]) is var (_, configuration) ? configuration.Resources.Where(IsComponent).Select(catalogue.PathOf) : [],
            part => host.FindConfiguration(part["InstanceID"]) is var (_, configuration) && configuration.Find(part["InstanceID"]!) is { } found && found.ClassName == part.ClassName && IsComponent(found)
                ? [VmPath.OfSettings(configuration)] : []);
        catalogue.Associate(
            "Msvm_SystemDevice",
            "GroupComponent",
            "PartComponent",
            system => system.ClassName == System && host.FindVm(system) is { } vm ? VmDevices.Of(vm).Select(device => device.Path(vm)) : [],
            device => VmDevices.IsDevice(device.ClassName) && host.Vms.GetValueOrDefault(device["SystemName"]!) is { } vm ? [vm.Path] : []);
        catalogue.Associate(
            "Msvm_LogicalIdentity",
            "SystemElement",
            "SameElement",
            element => host.FindConfiguration(element["InstanceID"]) is var (_, configuration) && configuration.Find(element["InstanceID"]!) is { } found && BootSources.Of(configuration, found) is { } source ? [catalogue.PathOf(source)] : [],
            element => host.FindConfiguration(element["InstanceID"]) is var (_, configuration) && configuration.Find(element["InstanceID"]!) is { } found && BootSources.ResourceOf(configuration, found) is { } resource ? [catalogue.PathOf(resource)] : []);
        catalogue.Associate(
            "Msvm_HostedDependency",
            "Antecedent",
            "Dependent",
            antecedent => antecedent.Equals(host.Path) ? host.Vms.Values.Select(vm => vm.Path) : [],
            dependent => dependent.ClassName == System && host.FindVm(dependent) is not null ? [host.Path] : []);
        catalogue.Associate(
            "Msvm_HostedService",
            "Antecedent",
            "Dependent",
            antecedent => antecedent.Equals(host.Path) ? Services().Select(catalogue.PathOf) : [],
            dependent => CimSchema.Instance.Is(dependent.ClassName, "CIM_Service") && host.Name.Equals(dependent["SystemName"], StringComparison.OrdinalIgnoreCase) ? [host.Path] : []);
    }

    /// <summary>What <c>Msvm_VirtualSystemSettingDataComponent</c> leads to: everything but the features of adapters' ports.</summary>
    private static bool IsComponent(CimInstance resource) => !CimSchema.Instance.Is(resource.ClassName, "Msvm_FeatureSettingData");

    private IEnumerable<CimPath> DeviceSettings(CimPath device) =>
        VmDevices.IsDevice(device.ClassName) && host.Vms.GetValueOrDefault(device["SystemName"]!) is { } vm && VmDevices.Find(vm, device)?.Settings is { } settings ? [host.Catalogue.PathOf(settings)] : [];

    /// <summary>The machine whose present configuration (not a snapshot) has the settings.</summary>
    private (SimulatedVm Vm, VmConfiguration Configuration)? OwnOf(CimPath settings) =>
        host.FindConfiguration(settings["InstanceID"]) is var (vm, configuration) && configuration == vm.Configuration ? (vm, configuration) : null;

    private IEnumerable<CimInstance> Services() =>
        host.Catalogue.RegisteredClasses.Where(name => CimSchema.Instance.Is(name, "CIM_Service")).SelectMany(name => host.Catalogue.Enumerate(CimPath.Virtualization, name)).Where(one => host.Name.Equals(one.String("SystemName"), StringComparison.OrdinalIgnoreCase));
}
