using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Network;

/// <summary>The instances that switches consist of.</summary>
internal static class SwitchParts
{
    private static readonly HashSet<string> Writable = new(StringComparer.OrdinalIgnoreCase)
    {
        "AllowNetLbfoTeams", "AutomaticRecoveryAction", "BandwidthReservationMode", "ElementName", "ExtensionOrder", "IOVPreferred", "MaxNumMACAddress", "Notes", "PacketDirectEnabled", "TeamingEnabled", "VLANConnection",
    };

    public static CimInstance Switch(SimulatedHyperVHost host, SimulatedSwitch one)
    {
        var instance = Element(CimBlank.Of("Msvm_VirtualEthernetSwitch"));
        instance["Caption"] = "Virtual Switch";
        instance["CreationClassName"] = "Msvm_VirtualEthernetSwitch";
        instance["Dedicated"] = new ushort[] { 38 };
        instance["Description"] = "Microsoft Virtual Switch";
        instance["ElementName"] = one.Name;
        instance["InstallDate"] = one.Settings["CreationTime"];
        instance["MaxIOVOffloads"] = 0u;
        instance["MaxVMQOffloads"] = one.Kind == SwitchKind.External ? 60u : 0u;
        instance["Name"] = one.Key;
        instance["NameFormat"] = "GUID";
        instance["OtherDedicatedDescriptions"] = Array.Empty<string>();
        instance["ResetCapability"] = (ushort)1;
        instance["TimeOfLastStateChange"] = new CimDateTime(host.BootedAt);
        return instance;
    }

    public static CimInstance NewSettings(Guid id, string name, DateTimeOffset now)
    {
        var key = VmConfiguration.Key(id);
        var instance = CimBlank.Of("Msvm_VirtualEthernetSwitchSettingData");
        instance["AllowNetLbfoTeams"] = false;
        instance["AssociatedResourcePool"] = Array.Empty<string>();
        instance["BandwidthReservationMode"] = 3u;
        instance["BypassExtensionStack"] = false;
        instance["Caption"] = "Virtual Switch Settings";
        instance["CreationTime"] = new CimDateTime(now);
        instance["Description"] = "Microsoft Virtual Switch Settings";
        instance["ElementName"] = name;
        instance["ExtensionOrder"] = Array.Empty<string>();
        instance["InstanceID"] = "Microsoft:" + key;
        instance["IOVPreferred"] = false;
        instance["MaxNumMACAddress"] = 0u;
        instance["Notes"] = new[] { string.Empty };
        instance["PacketDirectEnabled"] = false;
        instance["TeamingEnabled"] = false;
        instance["VirtualSystemIdentifier"] = key;
        instance["VirtualSystemType"] = "DMTF:Virtual Ethernet Switch";
        return instance;
    }

    /// <summary>Settings with what a caller may change taken over.</summary>
    public static CimInstance Changed(CimInstance settings, CimInstance wanted) => HostServices.Changed(settings, wanted, Writable);

    public static CimInstance NewConnection(SimulatedSwitch owner, int number, string name, string hostResource)
    {
        // A switch's own ports have ids that follow from the switch's, so that a host made twice is the same.
        var port = owner.Id.ToByteArray();
        port[15] ^= (byte)(0x80 | number);
        var instance = CimBlank.Of("Msvm_EthernetPortAllocationSettingData");
        instance["Address"] = string.Empty;
        instance["AutomaticAllocation"] = true;
        instance["AutomaticDeallocation"] = true;
        instance["Caption"] = "Dynamic Ethernet Switch Port";
        instance["ConsumerVisibility"] = (ushort)3;
        instance["Description"] = "Ethernet Switch Port Settings";
        instance["ElementName"] = name;
        instance["EnabledState"] = (ushort)2;
        instance["HostResource"] = new[] { hostResource };
        instance["InstanceID"] = $@"Microsoft:{owner.Key}\{VmConfiguration.Key(new Guid(port))}";
        instance["LastKnownSwitchName"] = string.Empty;
        instance["Limit"] = 1UL;
        instance["PoolID"] = string.Empty;
        instance["Reservation"] = 1UL;
        instance["ResourceSubType"] = "Microsoft:Hyper-V:Ethernet Connection";
        instance["ResourceType"] = (ushort)33;
        instance["VirtualQuantity"] = 1UL;
        instance["VirtualQuantityUnits"] = "count";
        instance["Weight"] = 0u;
        return instance;
    }

    public static CimInstance Adapter(SimulatedHyperVHost host, int number)
    {
        var instance = Port(host, "Msvm_ExternalEthernetPort", Address(host, number));
        instance["Caption"] = "External Ethernet Port";
        instance["Description"] = "External Ethernet Port";
        instance["DeviceID"] = $"Microsoft:{{{VmConfiguration.Key(DeviceId(host, number))}}}";
        instance["ElementName"] = "Simulated 10 Gigabit Ethernet Adapter" + (number == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" #{number}"));
        instance["IsBound"] = false;
        instance["Name"] = instance["ElementName"];
        return instance;
    }

    public static CimInstance InternalPort(SimulatedHyperVHost host, SimulatedSwitch one)
    {
        var instance = Port(host, "Msvm_InternalEthernetPort", Address(host, 0x80 + one.Id.ToByteArray()[0]));
        instance["Caption"] = "Internal Ethernet Port";
        instance["Description"] = "Internal Ethernet Port";
        instance["DeviceID"] = "Microsoft:" + one.Key;
        instance["ElementName"] = one.Name;
        instance["Name"] = one.Name;
        return instance;
    }

    public static CimInstance Capabilities()
    {
        var instance = CimBlank.Of("Msvm_VirtualEthernetSwitchManagementCapabilities");
        instance["AsynchronousMethodsSupported"] = Array.Empty<ushort>();
        instance["Caption"] = "Virtual Ethernet Switch Management Capabilities";
        instance["ElementName"] = "Virtual Ethernet Switch Management Capabilities";
        instance["ElementNameEditSupported"] = true;
        instance["InstanceID"] = "Microsoft:SwitchManagementCapabilities";
        instance["IOVSupport"] = false;
        instance["IOVSupportReasons"] = new[] { "The chipset on the system does not do DMA remapping, without which SR-IOV cannot be supported." };
        instance["MaxElementNameLen"] = (ushort)255;
        instance["SynchronousMethodsSupported"] = new ushort[] { 1, 2, 3, 5, 6, 7 };
        instance["VirtualSystemTypesSupported"] = new[] { "DMTF:Virtual Ethernet Switch" };
        return instance;
    }

    private static CimInstance Port(SimulatedHyperVHost host, string className, string address)
    {
        var instance = Element(CimBlank.Of(className));
        instance["ActiveMaximumTransmissionUnit"] = 1500UL;
        instance["CreationClassName"] = className;
        instance["FullDuplex"] = true;
        instance["LinkTechnology"] = (ushort)2;
        instance["MaxDataSize"] = 1514u;
        instance["MaxSpeed"] = 10_000_000_000UL;
        instance["PermanentAddress"] = address;
        instance["PortType"] = (ushort)53;
        instance["Speed"] = 10_000_000_000UL;
        instance["SystemCreationClassName"] = "Msvm_ComputerSystem";
        instance["SystemName"] = host.Name;
        return instance;
    }

    private static CimInstance Element(CimInstance instance)
    {
        instance["EnabledDefault"] = (ushort)2;
        instance["EnabledState"] = (ushort)5;
        instance["HealthState"] = (ushort)5;
        instance["OperationalStatus"] = new ushort[] { 2 };
        instance["RequestedState"] = (ushort)12;
        instance["Status"] = "OK";
        instance["StatusDescriptions"] = new[] { "OK" };
        return instance;
    }

    private static Guid DeviceId(SimulatedHyperVHost host, int number) => new(Stable(host.Name), (short)number, 0x4E1C, 0x80, 0, 0, 0, 0, 0, 0, (byte)number);

    private static string Address(SimulatedHyperVHost host, int number) => string.Create(CultureInfo.InvariantCulture, $"0050B6{(Stable(host.Name) & 0xFFFF) ^ (number << 8):X6}");

    private static int Stable(string text)
    {
        var hash = 17;
        foreach (var letter in text)
        {
            hash = unchecked((hash * 31) + letter);
        }

        return hash;
    }
}
