using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Network;

/// <summary><c>Msvm_EthernetSwitchPort</c>: a switch has one for each of its own connections and for each connected adapter of a virtual machine that is not off.</summary>
internal sealed class SwitchPorts
{
    private const string Port = "Msvm_EthernetSwitchPort";
    private const string Connection = "Msvm_EthernetPortAllocationSettingData";
    private readonly SimulatedHyperVHost host;

    public SwitchPorts(SimulatedHyperVHost host)
    {
        this.host = host;
        var catalogue = host.Catalogue;
        catalogue.Add(Port, () => host.Switches.SelectMany(one => Connections(one).Select(connection => Instance(one, connection))), path => Find(path) is { } found ? Instance(found.Switch, found.Connection) : null);
        catalogue.Associate(
            "Msvm_SystemDevice", "GroupComponent", "PartComponent",
            left => host.NetworkSwitches.Find(left) is { } one ? Connections(one).Select(connection => PathOf(one, connection)) : [],
            right => Find(right) is { } found ? [found.Switch.Path] : []);
        catalogue.Associate(
            "Msvm_ElementSettingData", "ManagedElement", "SettingData",
            left => Find(left) is { } found ? [catalogue.PathOf(found.Connection)] : [],
            right => right.ClassName == Connection && right["InstanceID"] is { } id
                ? host.Switches.SelectMany(one => Connections(one).Where(connection => id.Equals(connection.String("InstanceID"), StringComparison.OrdinalIgnoreCase)).Select(connection => PathOf(one, connection))) : []);
    }

    private IEnumerable<CimInstance> Connections(SimulatedSwitch one) => one.Connections.Concat(host.Vms.Values.Where(vm => vm.IsActive)
        .SelectMany(vm => vm.Configuration.Of(Connection))
        .Where(connection => connection.Array<string>("HostResource") is [var text, ..] && host.NetworkSwitches.FindByText(text) == one));

    private (SimulatedSwitch Switch, CimInstance Connection)? Find(CimPath path)
    {
        if (path.ClassName == Port && host.NetworkSwitches.Find(path["SystemName"]) is { } one)
        {
            foreach (var connection in Connections(one))
            {
                if (DeviceIdOf(connection).Equals(path["DeviceID"], StringComparison.OrdinalIgnoreCase))
                {
                    return (one, connection);
                }
            }
        }

        return null;
    }

    private CimPath PathOf(SimulatedSwitch one, CimInstance connection) => host.Catalogue.PathOf(Instance(one, connection));

    private static string DeviceIdOf(CimInstance connection) => connection.String("InstanceID")! + @"\Port";

    private static CimInstance Instance(SimulatedSwitch one, CimInstance connection)
    {
        var instance = CimBlank.Of(Port);
        instance["Caption"] = "Ethernet Switch Port";
        instance["CreationClassName"] = Port;
        instance["Description"] = "Microsoft Virtual Ethernet Switch Port";
        instance["DeviceID"] = DeviceIdOf(connection);
        instance["ElementName"] = connection.String("ElementName") is { Length: > 0 } name ? name : "Ethernet Switch Port";
        instance["EnabledDefault"] = (ushort)2;
        instance["EnabledState"] = (ushort)2;
        instance["FullDuplex"] = true;
        instance["HealthState"] = (ushort)5;
        instance["IOVOffloadUsage"] = 0u;
        instance["LinkTechnology"] = (ushort)2;
        instance["MaxSpeed"] = 10_000_000_000UL;
        instance["Name"] = DeviceIdOf(connection);
        instance["OperationalStatus"] = new ushort[] { 2 };
        instance["PortType"] = (ushort)77;
        instance["RequestedState"] = (ushort)12;
        instance["Speed"] = 10_000_000_000UL;
        instance["Status"] = "OK";
        instance["StatusDescriptions"] = new[] { "OK" };
        instance["SystemCreationClassName"] = "Msvm_VirtualEthernetSwitch";
        instance["SystemName"] = one.Key;
        instance["VMQOffloadUsage"] = 0u;
        return instance;
    }
}
