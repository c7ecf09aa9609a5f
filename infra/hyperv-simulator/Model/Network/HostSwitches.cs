using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Network;

/// <summary>The virtual switches of a host and its physical network adapters, and the service that makes and changes switches.</summary>
internal sealed class HostSwitches
{
    private const string Service = "Msvm_VirtualEthernetSwitchManagementService";
    private const string Switch = "Msvm_VirtualEthernetSwitch";
    private const string Settings = "Msvm_VirtualEthernetSwitchSettingData";
    private const string Connection = "Msvm_EthernetPortAllocationSettingData";
    private const uint NotSupported = 1;
    private const uint InvalidParameter = 4;
    private const uint InvalidState = 5;
    private readonly SimulatedHyperVHost host;
    private readonly List<SimulatedSwitch> switches = [];

    public HostSwitches(SimulatedHyperVHost host, int physicalAdapters)
    {
        this.host = host;
        Adapters = [.. Enumerable.Range(1, physicalAdapters).Select(number => SwitchParts.Adapter(host, number))];
        Register(host.Catalogue);
    }

    public IReadOnlyList<SimulatedSwitch> All => switches;

    /// <summary>The host's network adapters, <c>Msvm_ExternalEthernetPort</c>.</summary>
    public IReadOnlyList<CimInstance> Adapters { get; }

    public SimulatedSwitch? Find(CimPath? path) => path is not null && path.ClassName.Equals(Switch, StringComparison.OrdinalIgnoreCase) ? Find(path["Name"]) : null;

    public SimulatedSwitch? Find(string? key) => switches.Find(one => one.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    /// <summary>The switch that a text (a switch's path) names, or null.</summary>
    public SimulatedSwitch? FindByText(string? text) => CimPath.TryParse(text, out var path) ? Find(path) : null;

    public SimulatedSwitch? FindByName(string name) => switches.Find(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Makes a switch.</summary>
    public SimulatedSwitch Add(Guid id, string name, SwitchKind kind)
    {
        var made = new SimulatedSwitch(id, SwitchParts.NewSettings(id, name, host.Timeline.Now));
        if (kind == SwitchKind.External)
        {
            made.Connections.Add(SwitchParts.NewConnection(made, 0, name + "_External", host.Catalogue.PathOf(Adapters[0]).ToObjectPath(host.Name)));
        }

        if (kind != SwitchKind.Private)
        {
            made.Connections.Add(SwitchParts.NewConnection(made, 1, name, host.Path.ToObjectPath(host.Name)));
        }

        switches.Add(made);
        return made;
    }

    private void Register(CimCatalogue catalogue)
    {
        catalogue.Add(Switch, () => switches.Select(one => SwitchParts.Switch(host, one)), path => Find(path["Name"]) is { } found ? SwitchParts.Switch(host, found) : null);
        catalogue.Add(Settings, () => switches.Select(one => one.Settings), path => OfSettings(path)?.Settings);
        catalogue.Add(Connection, () => switches.SelectMany(one => one.Connections), path => OfConnection(path)?.Connection);
        catalogue.Add("Msvm_ExternalEthernetPort", () => Adapters.Select(BoundOrNot), path => Adapters.FirstOrDefault(one => string.Equals(one.String("DeviceID"), path["DeviceID"], StringComparison.OrdinalIgnoreCase)) is { } found ? BoundOrNot(found) : null);
        catalogue.Add("Msvm_InternalEthernetPort", () => Internal().Select(one => SwitchParts.InternalPort(host, one)), path => Internal().Select(one => SwitchParts.InternalPort(host, one)).FirstOrDefault(port => string.Equals(port.String("DeviceID"), path["DeviceID"], StringComparison.OrdinalIgnoreCase)));
        var service = HostServices.Add(host, Service, "nvspwmi", "Hyper-V Networking Management Service");
        var capabilities = SwitchParts.Capabilities();
        HostServices.AddSingle(host, "Msvm_VirtualEthernetSwitchManagementCapabilities", () => capabilities);
        HostServices.Pair(host, "Msvm_ElementCapabilities", "ManagedElement", catalogue.PathOf(service), "Capabilities", catalogue.PathOf(capabilities));
        catalogue.Associate(
            "Msvm_SettingsDefineState", "ManagedElement", "SettingData",
            left => Find(left) is { } one ? [host.Catalogue.PathOf(one.Settings)] : [],
            right => OfSettings(right) is { } one ? [one.Path] : []);
        catalogue.Associate(
            "Msvm_VirtualSystemSettingDataComponent", "GroupComponent", "PartComponent",
            left => OfSettings(left)?.Connections.Select(catalogue.PathOf) ?? [],
            right => OfConnection(right) is { } found ? [catalogue.PathOf(found.Switch.Settings)] : []);
        catalogue.Method(Service, "DefineSystem", (_, arguments) => Define(arguments));
        catalogue.Method(Service, "ModifySystemSettings", (_, arguments) => Modify(arguments));
        catalogue.Method(Service, "DestroySystem", (_, arguments) => Destroy(arguments));
        catalogue.Method(Service, "AddResourceSettings", (_, arguments) => AddConnections(arguments));
        catalogue.Method(Service, "RemoveResourceSettings", (_, arguments) => RemoveConnections(arguments));
    }

    private CimInstance Define(CimInstance arguments)
    {
        var wanted = HostServices.Embedded(arguments.String("SystemSettings"), Settings, InvalidParameter);
        var name = wanted.String("ElementName") is { Length: > 0 } given ? given : "New Virtual Switch";
        var made = new SimulatedSwitch(host.NewId(), SwitchParts.NewSettings(Guid.Empty, name, host.Timeline.Now));
        made.Settings = SwitchParts.Changed(SwitchParts.NewSettings(made.Id, name, host.Timeline.Now), wanted);
        foreach (var text in arguments.Array<string>("ResourceSettings"))
        {
            made.Connections.Add(Planned(made, HostServices.Embedded(text, Connection, InvalidParameter)));
        }

        switches.Add(made);
        return CimBlank.Result(0, ("ResultingSystem", made.Path));
    }

    private CimInstance Modify(CimInstance arguments)
    {
        var wanted = HostServices.Embedded(arguments.String("SystemSettings"), Settings, InvalidParameter);
        var found = switches.Find(one => string.Equals(one.Settings.String("InstanceID"), wanted.String("InstanceID"), StringComparison.OrdinalIgnoreCase)) ?? throw new MethodRefused(InvalidParameter, "No switch has these settings.");
        found.Settings = SwitchParts.Changed(found.Settings, wanted);
        return CimBlank.Result(0);
    }

    private CimInstance Destroy(CimInstance arguments)
    {
        var found = Find(arguments.Reference("AffectedSystem")) ?? throw new MethodRefused(InvalidParameter, "There is no such switch.");
        switches.Remove(found);
        return CimBlank.Result(0);
    }

    private CimInstance AddConnections(CimInstance arguments)
    {
        var found = OfSettings(arguments.Reference("AffectedConfiguration")) ?? throw new MethodRefused(InvalidParameter, "No switch has these settings.");
        var added = arguments.Array<string>("ResourceSettings").Select(text => Planned(found, HostServices.Embedded(text, Connection, InvalidParameter))).ToList();
        found.Connections.AddRange(added);
        return CimBlank.Result(0, ("ResultingResourceSettings", added.Select(host.Catalogue.PathOf).ToArray()));
    }

    private CimInstance RemoveConnections(CimInstance arguments)
    {
        var found = arguments.Array<CimPath>("ResourceSettings").Select(path => OfConnection(path) ?? throw new MethodRefused(InvalidParameter, $"{path} is no connection of a switch.")).ToList();
        foreach (var (owner, connection) in found)
        {
            owner.Connections.Remove(connection);
        }

        return CimBlank.Result(0);
    }

    /// <summary>A new connection of a switch, if it leads to this host or to an adapter that no other switch has.</summary>
    private CimInstance Planned(SimulatedSwitch owner, CimInstance wanted)
    {
        var target = wanted.Array<string>("HostResource") is [var text] && CimPath.TryParse(text, out var path) ? path! : throw new MethodRefused(InvalidParameter, "HostResource must name one adapter or the host.");
        if (target.ClassName.Equals("Msvm_ExternalEthernetPort", StringComparison.OrdinalIgnoreCase))
        {
            if (!Adapters.Any(one => one.String("DeviceID")!.Equals(target["DeviceID"], StringComparison.OrdinalIgnoreCase)))
            {
                throw new MethodRefused(InvalidParameter, "There is no such network adapter.");
            }

            if (IsBound(target["DeviceID"]!))
            {
                throw new MethodRefused(InvalidState, "The network adapter is bound to another switch.");
            }
        }
        else if (!target.Equals(host.Path))
        {
            throw new MethodRefused(NotSupported, $"A switch does not connect {target.ClassName}.");
        }

        return SwitchParts.NewConnection(owner, owner.Connections.Count, wanted.String("ElementName") ?? owner.Name, target.ToObjectPath(host.Name));
    }

    private CimInstance BoundOrNot(CimInstance adapter)
    {
        var copy = adapter.Copy();
        copy["IsBound"] = IsBound(adapter.String("DeviceID")!);
        return copy;
    }

    private bool IsBound(string deviceId) => switches.Exists(one => one.Connections.Exists(connection =>
        SimulatedSwitch.Leads(connection, "Msvm_ExternalEthernetPort") && CimPath.TryParse(connection.Array<string>("HostResource")[0], out var path) && deviceId.Equals(path!["DeviceID"], StringComparison.OrdinalIgnoreCase)));

    private IEnumerable<SimulatedSwitch> Internal() => switches.Where(one => one.Connections.Exists(connection => SimulatedSwitch.Leads(connection, "Msvm_ComputerSystem")));

    private SimulatedSwitch? OfSettings(CimPath? path) => path?["InstanceID"] is { } id ? switches.Find(one => id.Equals(one.Settings.String("InstanceID"), StringComparison.OrdinalIgnoreCase)) : null;

    private (SimulatedSwitch Switch, CimInstance Connection)? OfConnection(CimPath path)
    {
        foreach (var one in switches)
        {
            if (one.Connections.Find(connection => string.Equals(connection.String("InstanceID"), path["InstanceID"], StringComparison.OrdinalIgnoreCase)) is { } found)
            {
                return (one, found);
            }
        }

        return null;
    }
}
