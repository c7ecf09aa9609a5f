using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary><c>Msvm_VirtualSystemManagementService</c>: making, changing and destroying virtual machines.</summary>
internal sealed class VmManagement
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private const string ServiceSettings = "Msvm_VirtualSystemManagementServiceSettingData";
    private const string Settings = "Msvm_VirtualSystemSettingData";

    private static readonly HashSet<string> WritableOfService = new(StringComparer.OrdinalIgnoreCase)
    {
        "BiosLockString", "CurrentWWNNAddress", "DefaultExternalDataRoot", "DefaultVirtualHardDiskCachingMode", "DefaultVirtualHardDiskPath", "EnhancedSessionModeEnabled", "HbaLunTimeout", "MaximumMacAddress",
        "MaximumWWPNAddress", "MinimumMacAddress", "MinimumWWPNAddress", "NumaSpanningEnabled", "PrimaryOwnerContact", "PrimaryOwnerName",
    };

    private static readonly string[] DataRoots = ["ConfigurationDataRoot", "GuestStateDataRoot", "LogDataRoot", "SnapshotDataRoot", "SuspendDataRoot", "SwapFileDataRoot"];
    private readonly SimulatedHyperVHost host;
    private readonly VmEdit edit;

    public VmManagement(SimulatedHyperVHost host)
    {
        this.host = host;
        edit = new VmEdit(new SettingsChecks(host, host.Resources));
        var path = host.Catalogue.PathOf(HostServices.Add(host, Service, "vmms", "Hyper-V Virtual Machine Management"));
        Own = OwnSettings();
        HostServices.AddSingle(host, ServiceSettings, () => Own);
        HostServices.Pair(host, "Msvm_ElementSettingData", "ManagedElement", path, "SettingData", host.Catalogue.PathOf(Own), (_, _, association) =>
        {
            association["IsCurrent"] = (ushort)1;
            association["IsDefault"] = (ushort)2;
            association["IsNext"] = (ushort)1;
        });
        host.Catalogue.Associate(
            "Msvm_ServiceAffectsElement",
            "AffectingElement",
            "AffectedElement",
            service => service.Equals(path) ? host.AllVms.Select(vm => vm.Path) : [],
            element => host.FindVm(element) is not null ? [path] : []);
        Method("DefineSystem", arguments => Define(arguments, VmBuilder.Realized));
        Method("DefinePlannedSystem", arguments => Define(arguments, VmBuilder.Planned));
        Method("DestroySystem", Destroy);
        Method("ModifySystemSettings", ModifySystem);
        Method("AddResourceSettings", AddResources);
        Method("ModifyResourceSettings", arguments => ModifyResources(arguments, "ResourceSettings", "ResultingResourceSettings", "CIM_ResourceAllocationSettingData"));
        Method("ModifySystemComponentSettings", arguments => ModifyResources(arguments, "ComponentSettings", "ResultingComponentSettings", "Msvm_SystemComponentSettingData"));
        Method("ModifyGuestServiceSettings", arguments => ModifyResources(arguments, "GuestServiceSettings", "ResultingGuestServiceSettings", "CIM_ResourceAllocationSettingData"));
        Method("RemoveResourceSettings", RemoveResources);
        Method("ModifyServiceSettings", ModifyService);
        Method("GetCurrentWwpnFromGenerator", _ => CimBlank.Result(0, ("CurrentWwpn", "C003FF0000FFFF00")));
    }

    /// <summary>The service's settings, <c>Msvm_VirtualSystemManagementServiceSettingData</c>.</summary>
    public CimInstance Own { get; private set; }

    /// <summary>Changes security settings, as <c>Msvm_SecurityService</c> does.</summary>
    public CimInstance ModifySecurity(CimInstance wanted) => VmChange.Carry(host, JobType.ModifyVm, "Modifying Security Settings", null, made: false, change => Change(change, wanted));

    private void Method(string name, Func<CimInstance, CimInstance> handler) => host.Catalogue.Method(Service, name, (_, arguments) => handler(arguments));

    private CimInstance Define(CimInstance arguments, string systemType)
    {
        var wanted = arguments.String("SystemSettings") is { Length: > 0 } text ? HostServices.Embedded(text, Settings) : new CimInstance(Settings);
        var generation = VmBuilder.GenerationOf(wanted) ?? throw VmResources.Invalid($"There is no generation '{wanted.String("VirtualSystemSubType")}'.");

        // Whether real hosts take an id that is asked for is not documented; a client must look which one it was given.
        var id = Guid.TryParse(wanted.String("VirtualSystemIdentifier"), out var asked) && asked != Guid.Empty && host.AllVms.All(vm => vm.Id != asked) ? asked : host.NewId();
        var name = wanted.String("ElementName") is { Length: > 0 } given ? given : "New Virtual Machine";
        var configuration = VmBuilder.New(host, id, name, generation, systemType);
        if (arguments.Reference("ReferenceConfiguration") is { } reference)
        {
            var (_, model) = host.FindConfiguration(reference["InstanceID"]) ?? throw VmResources.Invalid($"There is no configuration {reference}.");
            configuration = new VmConfiguration(configuration.Settings, model.CopyAs(id, host.Name).Resources);
        }

        var vm = new SimulatedVm(id, configuration) { ConfiguredAt = host.Timeline.Now };
        edit.System(vm, configuration, Definable(wanted, configuration), ConfigurationKind.Realized);
        foreach (var root in DataRoots)
        {
            configuration.Settings[root] = wanted.String(root) is { Length: > 0 } directory ? directory : configuration.Settings[root];
        }

        foreach (var resource in arguments.Array<string>("ResourceSettings").Select(one => HostServices.Embedded(one, "CIM_ResourceAllocationSettingData")))
        {
            DefineResource(vm, configuration, resource);
        }

        host.Place(vm, vm.IsPlanned);
        return CimBlank.Result(0, ("ResultingSystem", vm.Path));
    }

    /// <summary>What of the wanted settings a definition takes over beyond names and directories.</summary>
    private static CimInstance Definable(CimInstance wanted, VmConfiguration configuration)
    {
        var settings = new CimInstance(Settings);
        foreach (var (name, value) in wanted.Properties)
        {
            if (SettingsRules.WritableOf(Settings).Contains(name) && name is not "BootSourceOrder" && !(name == "BootOrder" && VmBuilder.GenerationOf(configuration.Settings) == 2))
            {
                settings[name] = value;
            }
        }

        return settings;
    }

    private void DefineResource(SimulatedVm vm, VmConfiguration configuration, CimInstance resource)
    {
        if (ResourceKinds.Of(resource) is { IsFixed: true } kind)
        {
            var wanted = new CimInstance(kind.ClassName) { ["InstanceID"] = configuration.Of(kind.ClassName).First()["InstanceID"] };
            foreach (var (name, value) in resource.Properties)
            {
                if (SettingsRules.WritableOf(kind.ClassName).Contains(name))
                {
                    wanted[name] = value;
                }
            }

            edit.Resource(vm, configuration, wanted, ConfigurationKind.Realized);
        }
        else
        {
            host.Resources.Add(configuration, resource, running: false);
        }
    }

    private CimInstance Destroy(CimInstance arguments)
    {
        var vm = host.FindVm(arguments.Reference("AffectedSystem")) ?? throw VmResources.Invalid($"There is no virtual machine {arguments.Reference("AffectedSystem")}.");
        void Check()
        {
            if (vm.IsActive || host.Jobs.OperationOn(vm.Path) is not null)
            {
                throw new MethodRefused(ReturnCode.InvalidState, $"The virtual machine '{vm.Name}' is {vm.State}, or something is being done with it.");
            }
        }

        Check();
        return HostJobs.Started(host.Jobs.Start(
            "Msvm_ConcreteJob",
            "Destroying Virtual Machine",
            host.Options.JobDuration,
            _ =>
            {
                try
                {
                    Check();
                }
                catch (MethodRefused refused)
                {
                    throw new JobFailed((ushort)refused.ReturnValue, refused.Message);
                }

                if (vm.IsPlanned)
                {
                    host.RemovePlanned(vm.Id);
                }
                else
                {
                    host.Remove(vm);
                }
            },
            [vm.Path],
            type: JobType.DestroyVm));
    }

    private CimInstance ModifySystem(CimInstance arguments)
    {
        var wanted = HostServices.Embedded(arguments.String("SystemSettings"), Settings);
        return VmChange.Carry(host, JobType.ModifyVm, "Modifying Virtual Machine", null, made: false, change =>
        {
            var (vm, draft, kind) = change.Of(wanted.String("InstanceID"));
            if (!string.Equals(draft.Settings.String("InstanceID"), wanted.String("InstanceID"), StringComparison.OrdinalIgnoreCase))
            {
                throw VmResources.Invalid($"There are no settings {wanted.String("InstanceID")}.");
            }

            edit.System(vm, draft, wanted, kind);
        });
    }

    private CimInstance AddResources(CimInstance arguments)
    {
        var path = arguments.Reference("AffectedConfiguration") ?? throw VmResources.Invalid("AffectedConfiguration is missing.");
        var wanted = Given(arguments, "ResourceSettings", "CIM_ResourceAllocationSettingData");
        return VmChange.Carry(host, JobType.AddResources, "Adding Virtual Machine Resources", "ResultingResourceSettings", made: true, change =>
        {
            var (vm, draft, kind) = change.Of(path["InstanceID"]);
            if (kind == ConfigurationKind.Snapshot)
            {
                throw new MethodRefused(ReturnCode.InvalidState, "A snapshot's resources cannot be changed.");
            }

            foreach (var one in wanted)
            {
                change.Results.Add(host.Catalogue.PathOf(host.Resources.Add(draft, one, kind == ConfigurationKind.Realized && !VmEdit.IsOff(vm))));
            }
        });
    }

    private CimInstance ModifyResources(CimInstance arguments, string parameter, string result, string className)
    {
        var wanted = Given(arguments, parameter, className);
        return VmChange.Carry(host, JobType.ModifyResources, "Modifying Virtual Machine Resources", result, made: false, change =>
        {
            foreach (var one in wanted)
            {
                Change(change, one);
            }
        });
    }

    private void Change(VmChange change, CimInstance wanted)
    {
        var (vm, draft, kind) = change.Of(wanted.String("InstanceID"));
        change.Results.Add(host.Catalogue.PathOf(edit.Resource(vm, draft, wanted, kind)));
    }

    private CimInstance RemoveResources(CimInstance arguments)
    {
        var paths = arguments.Array<CimPath>("ResourceSettings");
        if (paths.Count == 0)
        {
            throw VmResources.Invalid("ResourceSettings names nothing.");
        }

        return VmChange.Carry(host, JobType.RemoveResources, "Removing Virtual Machine Resources", null, made: false, change =>
        {
            foreach (var path in paths)
            {
                var (vm, draft, kind) = change.Of(path["InstanceID"]);
                var settings = draft.Find(path["InstanceID"]!) is { } found && CimSchema.Instance.Is(found.ClassName, path.ClassName) ? found : throw VmResources.Invalid($"There is no {path}.");
                if (kind == ConfigurationKind.Snapshot)
                {
                    throw new MethodRefused(ReturnCode.InvalidState, "A snapshot's resources cannot be changed.");
                }

                host.Resources.Remove(draft, settings, kind == ConfigurationKind.Realized && !VmEdit.IsOff(vm));
            }
        });
    }

    private CimInstance ModifyService(CimInstance arguments)
    {
        var wanted = HostServices.Embedded(arguments.String("SettingData"), ServiceSettings);
        foreach (var address in (string[])["MinimumMacAddress", "MaximumMacAddress"])
        {
            if (wanted.String(address) is { } text && (text.Length != 12 || !text.All(char.IsAsciiHexDigit)))
            {
                throw VmResources.Invalid($"{address} is not twelve hexadecimal digits: {text}.");
            }
        }

        Own = HostServices.Changed(Own, wanted, WritableOfService);
        return CimBlank.Result(0);
    }

    private static List<CimInstance> Given(CimInstance arguments, string parameter, string className)
    {
        var wanted = arguments.Array<string>(parameter).Select(text => HostServices.Embedded(text, className)).ToList();
        return wanted.Count > 0 ? wanted : throw VmResources.Invalid($"{parameter} is empty.");
    }

    private CimInstance OwnSettings()
    {
        var settings = CimBlank.Of(ServiceSettings);
        var number = host.AddressPrefix;
        settings["BiosLockString"] = string.Empty;
        settings["Caption"] = "Hyper-V Virtual Machine Management Service";
        settings["CurrentWWNNAddress"] = "C003FF0000FFFF00";
        settings["DefaultExternalDataRoot"] = DefaultPaths.ExternalDataRoot;
        settings["DefaultVirtualHardDiskCachingMode"] = (ushort)0;
        settings["DefaultVirtualHardDiskPath"] = DefaultPaths.VirtualHardDisks;
        settings["Description"] = "Settings for the virtual machine management service";
        settings["ElementName"] = "Hyper-V Virtual Machine Management Service";
        settings["EnhancedSessionModeEnabled"] = false;
        settings["HbaLunTimeout"] = 30u;
        settings["HypervisorRootSchedulerEnabled"] = false;
        settings["InstanceID"] = "Microsoft:" + host.Name;
        settings["MaximumMacAddress"] = number + "FFFF";
        settings["MaximumWWPNAddress"] = "C003FF7B1A0BFFFF";
        settings["MinimumMacAddress"] = number + "0000";
        settings["MinimumWWPNAddress"] = "C003FF7B1A0B0000";
        settings["NumaSpanningEnabled"] = true;
        settings["PrimaryOwnerContact"] = string.Empty;
        settings["PrimaryOwnerName"] = "Administrators";
        return settings;
    }
}
