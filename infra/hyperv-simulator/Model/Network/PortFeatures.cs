using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Network;

/// <summary>
/// Features of network adapters' connections: VLAN, bandwidth, security. They are kept among the resources of the configuration, their ids being those of the connection with
/// the feature's after it.
/// </summary>
internal sealed class PortFeatures
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private const string Connection = "Msvm_EthernetPortAllocationSettingData";
    private const string Capabilities = "Msvm_EthernetSwitchFeatureCapabilities";
    private const string Definition = @"Microsoft:Definition\";
    private const uint NotSupported = 1;
    private const uint InvalidParameter = 4;

    private static readonly (string ClassName, string FeatureId, string Name)[] Features =
    [
        ("Msvm_EthernetSwitchPortVlanSettingData", "952C5004-4465-451C-8CB8-FA9AB382B773", "Ethernet Switch Port VLAN Settings"),
        ("Msvm_EthernetSwitchPortBandwidthSettingData", "24AD3CE1-69BD-4978-B2AC-DAAD389D699C", "Ethernet Switch Port Bandwidth Settings"),
        ("Msvm_EthernetSwitchPortSecuritySettingData", "776E0BA7-94A1-41C8-8F28-951F524251B5", "Ethernet Switch Port Security Settings"),
    ];

    private readonly SimulatedHyperVHost host;

    public PortFeatures(SimulatedHyperVHost host)
    {
        this.host = host;
        var catalogue = host.Catalogue;
        foreach (var (className, featureId, name) in Features)
        {
            var definition = Default(className, name);
            catalogue.Add(
                className,
                () => Configurations().SelectMany(one => one.Of(className)).Prepend(definition),
                path => SameId(definition, path) ? definition : Owner(path)?.Feature is { } found && found.ClassName == className ? found : null);
        }

        catalogue.Add(Capabilities, () => Features.Select(Capability), path => Features.Select(Capability).FirstOrDefault(one => SameId(one, path)));
        catalogue.Associate(
            "Msvm_FeatureSettingsDefineCapabilities", "GroupComponent", "PartComponent",
            left => Features.Where(one => left.ClassName == Capabilities && SameId(Capability(one), left)).Select(one => catalogue.PathOf(Default(one.ClassName, one.Name))),
            right => Features.Where(one => SameId(Default(one.ClassName, one.Name), right)).Select(one => catalogue.PathOf(Capability(one))),
            (_, _, association) =>
            {
                association["PropertyPolicy"] = (ushort)0;
                association["ValueRange"] = (ushort)0;
                association["ValueRole"] = (ushort)0;
            });
        catalogue.Associate(
            "Msvm_EthernetPortSettingDataComponent", "GroupComponent", "PartComponent",
            left => left.ClassName == Connection && left["InstanceID"] is { } id ? Configurations().Where(one => one.Find(id) is not null).SelectMany(one => Of(one, id)).Select(catalogue.PathOf) : [],
            right => Owner(right) is { } found ? [new CimPath(Connection, ("InstanceID", ConnectionIdOf(found.Feature)))] : []);
        catalogue.Method(Service, "AddFeatureSettings", (_, arguments) => Add(arguments));
        catalogue.Method(Service, "ModifyFeatureSettings", (_, arguments) => Modify(arguments));
        catalogue.Method(Service, "RemoveFeatureSettings", (_, arguments) => Remove(arguments));
    }

    private CimInstance Add(CimInstance arguments)
    {
        var id = arguments.Reference("AffectedConfiguration")?["InstanceID"] ?? throw new MethodRefused(InvalidParameter, "AffectedConfiguration is missing.");
        var (vm, configuration) = Machines().FirstOrDefault(one => one.Configuration.Find(id) is { ClassName: Connection });
        if (configuration is null)
        {
            throw new MethodRefused(InvalidParameter, "No virtual machine has this connection.");
        }

        var connectionId = configuration.Find(id)!.String("InstanceID")!;
        var added = arguments.Array<string>("FeatureSettings").Select(Read).ToList();
        if (added.Exists(one => Of(configuration, connectionId).Any(other => other.ClassName == one.ClassName)))
        {
            throw new MethodRefused(InvalidParameter, "The connection has such a feature already.");
        }

        var made = added.ConvertAll(one =>
        {
            var feature = HostServices.Changed(Default(one.ClassName, string.Empty), one, Writable(one));
            feature["ElementName"] = Features.First(known => known.ClassName == one.ClassName).Name;
            feature["InstanceID"] = $@"{connectionId}\{Features.First(known => known.ClassName == one.ClassName).FeatureId}\{VmConfiguration.Key(host.NewId())}";
            return feature;
        });
        configuration.Resources.AddRange(made);
        vm.ConfiguredAt = host.Timeline.Now;
        return CimBlank.Result(0, ("ResultingFeatureSettings", made.Select(host.Catalogue.PathOf).ToArray()));
    }

    private CimInstance Modify(CimInstance arguments)
    {
        var changes = arguments.Array<string>("FeatureSettings").Select(Read).Select(wanted => (Wanted: wanted, Found: Found(wanted.String("InstanceID")))).ToList();
        foreach (var (wanted, (vm, configuration, feature)) in changes)
        {
            configuration.Replace(HostServices.Changed(feature, wanted, Writable(wanted)));
            vm.ConfiguredAt = host.Timeline.Now;
        }

        return CimBlank.Result(0, ("ResultingFeatureSettings", changes.Select(one => host.Catalogue.PathOf(one.Found.Feature)).ToArray()));
    }

    private CimInstance Remove(CimInstance arguments)
    {
        foreach (var (vm, configuration, feature) in arguments.Array<CimPath>("FeatureSettings").Select(path => Found(path["InstanceID"])).ToList())
        {
            configuration.Resources.Remove(feature);
            vm.ConfiguredAt = host.Timeline.Now;
        }

        return CimBlank.Result(0);
    }

    private static CimInstance Read(string text)
    {
        var feature = HostServices.Embedded(text, "Msvm_EthernetSwitchPortFeatureSettingData", InvalidParameter);
        if (!Features.Any(known => known.ClassName == feature.ClassName))
        {
            throw new MethodRefused(NotSupported, $"There is no feature {feature.ClassName}.");
        }

        foreach (var name in (string[])["AccessVlanId", "NativeVlanId", "PrimaryVlanId", "SecondaryVlanId"])
        {
            if (feature.Number(name) is > 4094)
            {
                throw new MethodRefused(InvalidParameter, $"{name} is at most 4094.");
            }
        }

        if (feature.Number("OperationMode") is > 3 || feature.Array<ushort>("TrunkVlanIdArray").Any(vlan => vlan is 0 or > 4094) || feature.Number("MonitorMode") is > 2)
        {
            throw new MethodRefused(InvalidParameter, "OperationMode is 0 to 3, a VLAN 1 to 4094, MonitorMode 0 to 2.");
        }

        return feature;
    }

    private static HashSet<string> Writable(CimInstance feature) =>
        [.. CimSchema.Instance.Find(feature.ClassName)!.Properties.Select(property => property.Name).Where(name => name is not ("InstanceID" or "Caption" or "Description" or "ElementName"))];

    private static CimInstance Default(string className, string name)
    {
        var instance = CimBlank.Of(className);
        foreach (var property in CimSchema.Instance.Find(className)!.Properties)
        {
            instance[property.Name] = property.IsArray ? null : property.Type switch
            {
                CimType.Boolean => false,
                CimType.UInt8 => (byte)0,
                CimType.UInt16 => (ushort)0,
                CimType.UInt32 => 0u,
                CimType.UInt64 => 0UL,
                _ => string.Empty,
            };
        }

        instance["ElementName"] = name;
        instance["InstanceID"] = $@"{Definition}{Features.First(one => one.ClassName == className).FeatureId}\Default";
        return instance;
    }

    private static CimInstance Capability((string ClassName, string FeatureId, string Name) feature)
    {
        var instance = CimBlank.Of(Capabilities);
        instance["Applicability"] = (ushort)1;
        instance["ElementName"] = feature.Name;
        instance["FeatureId"] = feature.FeatureId;
        instance["InstanceID"] = "Microsoft:" + feature.FeatureId;
        instance["Version"] = "1.0";
        return instance;
    }

    private (SimulatedVm Vm, VmConfiguration Configuration, CimInstance Feature) Found(string? id) =>
        id is not null && Machines().Where(one => one.Configuration.Find(id) is not null).Select(one => (one.Vm, one.Configuration, one.Configuration.Find(id)!)).FirstOrDefault() is { Item3: not null } found
            && CimSchema.Instance.Is(found.Item3.ClassName, "Msvm_EthernetSwitchPortFeatureSettingData")
            ? found
            : throw new MethodRefused(InvalidParameter, "There is no such feature.");

    private (VmConfiguration Configuration, CimInstance Feature)? Owner(CimPath path)
    {
        foreach (var configuration in Configurations())
        {
            if (path["InstanceID"] is { } id && configuration.Find(id) is { } found && Features.Any(one => one.ClassName == found.ClassName))
            {
                return (configuration, found);
            }
        }

        return null;
    }

    private IEnumerable<(SimulatedVm Vm, VmConfiguration Configuration)> Machines() => host.Vms.Values.Concat(host.PlannedVms.Values).Select(vm => (vm, vm.Configuration));

    private IEnumerable<VmConfiguration> Configurations() => host.Vms.Values.Concat(host.PlannedVms.Values).SelectMany(vm => vm.Snapshots.Prepend(vm.Configuration));

    private static IEnumerable<CimInstance> Of(VmConfiguration configuration, string connectionId) =>
        configuration.Of("Msvm_EthernetSwitchPortFeatureSettingData").Where(one => ConnectionIdOf(one).Equals(connectionId, StringComparison.OrdinalIgnoreCase));

    private static string ConnectionIdOf(CimInstance feature)
    {
        var id = feature.String("InstanceID")!;
        var last = id.LastIndexOf('\\');
        return id[..id.LastIndexOf('\\', last - 1)];
    }

    private static bool SameId(CimInstance instance, CimPath path) => string.Equals(instance.String("InstanceID"), path["InstanceID"], StringComparison.OrdinalIgnoreCase);
}
