using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>
/// The host's primordial pools, what can be allocated of them, and the settings that tell how: <c>Microsoft:Definition\ID\Default</c>, <c>Minimum</c>, <c>Maximum</c> and
/// <c>Increment</c>. Drivers take the default, change a copy and add it to a virtual machine.
/// </summary>
internal sealed class ResourcePools
{
    private const string Definition = @"Microsoft:Definition\";
    private const string Capabilities = "Msvm_AllocationCapabilities";
    private static readonly (string Name, ushort Role, ushort Range)[] Roles = [("Default", 0, 0), ("Minimum", 3, 1), ("Maximum", 3, 2), ("Increment", 3, 3)];
    private readonly SimulatedHyperVHost host;
    private readonly Dictionary<string, CimInstance> definitions = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, CimInstance> capabilities = new(StringComparer.OrdinalIgnoreCase);

    public ResourcePools(SimulatedHyperVHost host)
    {
        this.host = host;
        foreach (var kind in ResourceKinds.All)
        {
            capabilities.Add("Microsoft:" + kind.Pool, MakeCapabilities(kind));
            foreach (var (name, _, _) in Roles)
            {
                var definition = MakeDefinition(kind, name);
                definitions.Add(definition.String("InstanceID")!, definition);
            }
        }

        var catalogue = host.Catalogue;
        foreach (var className in ResourceKinds.All.Select(kind => kind.ClassName).Distinct())
        {
            catalogue.Add(className, () => definitions.Values.Where(one => one.ClassName == className), path => definitions.GetValueOrDefault(path["InstanceID"]!) is { } found && found.ClassName == className ? found : null);
        }

        catalogue.Add(Capabilities, () => capabilities.Values, path => capabilities.GetValueOrDefault(path["InstanceID"]!));
        foreach (var className in (string[])["Msvm_ResourcePool", "Msvm_ProcessorPool"])
        {
            catalogue.Add(className, () => ResourceKinds.All.Where(kind => PoolClass(kind) == className).Select(Pool), path => Kind(path["InstanceID"]!) is { } kind && PoolClass(kind) == className ? Pool(kind) : null);
        }

        Associate(catalogue);
    }

    private void Associate(CimCatalogue catalogue)
    {
        catalogue.Associate(
            "Msvm_SettingsDefineCapabilities",
            "GroupComponent",
            "PartComponent",
            group => group.ClassName == Capabilities && Kind(group["InstanceID"]!) is { } kind ? Roles.Select(role => new CimPath(kind.ClassName, ("InstanceID", $@"{Definition}{kind.Pool}\{role.Name}"))) : [],
            part => part["InstanceID"] is { } id && definitions.ContainsKey(id) ? [new CimPath(Capabilities, ("InstanceID", "Microsoft:" + id[Definition.Length..id.LastIndexOf('\\')]))] : [],
            (_, part, association) =>
            {
                var role = Roles.First(one => part["InstanceID"]!.EndsWith(one.Name, StringComparison.OrdinalIgnoreCase));
                association["PropertyPolicy"] = (ushort)0;
                association["SupportStatement"] = (ushort)0;
                association["ValueRange"] = role.Range;
                association["ValueRole"] = role.Role;
            });
        catalogue.Associate(
            "Msvm_ElementCapabilities",
            "ManagedElement",
            "Capabilities",
            pool => IsPool(pool) && Kind(pool["InstanceID"]!) is { } kind ? [new CimPath(Capabilities, ("InstanceID", "Microsoft:" + kind.Pool))] : [],
            made => made.ClassName == Capabilities && Kind(made["InstanceID"]!) is { } kind ? [PoolPath(kind)] : []);
        catalogue.Associate(
            "Msvm_HostedResourcePool",
            "GroupComponent",
            "PartComponent",
            system => system.Equals(host.Path) ? ResourceKinds.All.Select(PoolPath) : [],
            pool => IsPool(pool) ? [host.Path] : []);
        catalogue.Associate(
            "Msvm_ResourceAllocationFromPool",
            "Antecedent",
            "Dependent",
            pool => IsPool(pool) && Kind(pool["InstanceID"]!) is { } kind
                ? host.Vms.Values.SelectMany(vm => vm.Configuration.Of(kind.ClassName)).Where(one => ResourceKinds.Of(one) == kind).Select(catalogue.PathOf) : [],
            settings => host.FindConfiguration(settings["InstanceID"]) is var (_, configuration) && configuration.Find(settings["InstanceID"]!) is { } found && ResourceKinds.Of(found) is { } kind ? [PoolPath(kind)] : []);
    }

    private static bool IsPool(CimPath path) => path.ClassName is "Msvm_ResourcePool" or "Msvm_ProcessorPool";

    private static string PoolClass(ResourceKind kind) => kind == ResourceKinds.Processor ? "Msvm_ProcessorPool" : "Msvm_ResourcePool";

    private static CimPath PoolPath(ResourceKind kind) => new(PoolClass(kind), ("InstanceID", "Microsoft:" + kind.Pool));

    private static ResourceKind? Kind(string instanceId) =>
        instanceId.StartsWith("Microsoft:", StringComparison.OrdinalIgnoreCase) ? ResourceKinds.All.FirstOrDefault(kind => kind.Pool.Equals(instanceId["Microsoft:".Length..], StringComparison.OrdinalIgnoreCase)) : null;

    private CimInstance MakeDefinition(ResourceKind kind, string role)
    {
        var definition = kind.New();
        definition["InstanceID"] = $@"{Definition}{kind.Pool}\{role}";
        var (least, most, step) = kind == ResourceKinds.Processor ? (1UL, (ulong)Math.Min(host.Options.Processors, 240), 1UL) : kind == ResourceKinds.Memory ? (32UL, 12_582_912UL, 2UL) : (1UL, 1UL, 1UL);
        if (role != "Default")
        {
            definition["VirtualQuantity"] = role == "Minimum" ? least : role == "Maximum" ? most : step;
        }

        return definition;
    }

    private static CimInstance MakeCapabilities(ResourceKind kind)
    {
        var made = CimBlank.Of(Capabilities);
        made["Caption"] = "Allocation Capabilities";
        made["Description"] = "Describes the resource allocation capabilities.";
        made["ElementName"] = kind.ElementName;
        made["InstanceID"] = "Microsoft:" + kind.Pool;
        made["OtherResourceType"] = kind.OtherType;
        made["RequestTypesSupported"] = (ushort)4;
        made["ResourceSubType"] = kind.SubType;
        made["ResourceType"] = kind.Type;
        made["SharingMode"] = (ushort)3;
        made["SupportedAddStates"] = kind.IsFixed ? Array.Empty<ushort>() : kind.IsHotPluggable ? [2, 3] : [3];
        made["SupportedRemoveStates"] = kind.IsFixed ? Array.Empty<ushort>() : kind.IsHotPluggable ? [2, 3] : [3];
        return made;
    }

    private CimInstance Pool(ResourceKind kind)
    {
        var pool = CimBlank.Of(PoolClass(kind));
        var (capacity, used) = kind == ResourceKinds.Processor ? ((ulong)host.Options.Processors, Used("Msvm_ProcessorSettingData"))
            : kind == ResourceKinds.Memory ? ((ulong)host.Options.MemoryMb, Used("Msvm_MemorySettingData")) : (0UL, 0UL);
        pool["AllocationUnits"] = kind == ResourceKinds.Memory ? "byte * 2^20" : "count";
        pool["Capacity"] = capacity;
        pool["Caption"] = "Resource Pool";
        pool["Description"] = kind.ElementName + " pool";
        pool["ElementName"] = kind.ElementName;
        pool["HealthState"] = (ushort)5;
        pool["InstanceID"] = "Microsoft:" + kind.Pool;
        pool["OperationalStatus"] = new ushort[] { 2 };
        pool["OtherResourceType"] = kind.OtherType;
        pool["PoolID"] = string.Empty;
        pool["Primordial"] = true;
        pool["Reserved"] = used;
        pool["ResourceSubType"] = kind.SubType;
        pool["ResourceType"] = kind.Type;
        pool["Status"] = "OK";
        pool["StatusDescriptions"] = new[] { "OK" };
        return pool;
    }

    private ulong Used(string className) => (ulong)host.Vms.Values.Where(vm => vm.IsActive).Sum(vm => vm.Configuration.Of(className).First().Number("VirtualQuantity") ?? 0);
}
