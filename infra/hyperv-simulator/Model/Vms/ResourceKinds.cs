using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>The kinds of resources of Windows Server's virtual machines. Pool ids are those of real hosts where they are known; clients find kinds by <c>ResourceSubType</c>.</summary>
internal static class ResourceKinds
{
    private const string Allocation = "Msvm_ResourceAllocationSettingData";
    private const string Storage = "Msvm_StorageAllocationSettingData";

    public static readonly ResourceKind Processor = new("Msvm_ProcessorSettingData", 3, "Microsoft:Hyper-V:Processor", "B637F346-6A0E-4DEC-AF52-BD70CB80A21D", "Processor", "Settings for Microsoft Virtual Processor.")
    {
        IsFixed = true,
        More = settings =>
        {
            settings["AllocationUnits"] = "percent / 1000";
            settings["AllowACountMCount"] = true;
            settings["ApicMode"] = (byte)0;
            settings["CpuBrandString"] = string.Empty;
            settings["CpuGroupId"] = "00000000-0000-0000-0000-000000000000";
            settings["DisableSpeculationControls"] = false;
            settings["EnableHostResourceProtection"] = false;
            settings["EnableLegacyApicMode"] = false;
            settings["EnablePageShattering"] = (byte)0;
            settings["EnablePerfmonArchPmu"] = false;
            settings["EnablePerfmonIpt"] = false;
            settings["EnablePerfmonLbr"] = false;
            settings["EnablePerfmonPebs"] = false;
            settings["EnablePerfmonPmu"] = false;
            settings["EnableSocketTopology"] = false;
            settings["EnlightenmentSet"] = string.Empty;
            settings["ExposeVirtualizationExtensions"] = false;
            settings["ExtendedVirtualizationExtensions"] = 0u;
            settings["HideHypervisorPresent"] = false;
            settings["HwThreadsPerCore"] = 0UL;
            settings["L3CacheWays"] = 0u;
            settings["L3ProcessorDistributionPolicy"] = (byte)0;
            settings["Limit"] = 100_000UL;
            settings["LimitCPUID"] = false;
            settings["LimitProcessorFeatures"] = false;
            settings["LimitProcessorFeaturesMode"] = (byte)0;
            settings["MaxClusterCountPerSocket"] = uint.MaxValue;
            settings["MaxHwIsolatedGuests"] = 0u;
            settings["MaxNumaNodesPerSocket"] = 1UL;
            settings["MaxProcessorCountPerL3"] = uint.MaxValue;
            settings["MaxProcessorsPerNumaNode"] = 16UL;
            settings["PerfCpuFreqCapMhz"] = 0u;
            settings["ProcessorFeatureSet"] = string.Empty;
            settings["Reservation"] = 0UL;
            settings["Weight"] = 100u;
        },
    };

    public static readonly ResourceKind Memory = new("Msvm_MemorySettingData", 4, "Microsoft:Hyper-V:Memory", "4764334D-E001-4176-82EE-5594EC9B530E", "Memory", "Settings for Microsoft Virtual Memory.")
    {
        IsFixed = true,
        More = settings =>
        {
            settings["AllocationUnits"] = "byte * 2^20";
            settings["DynamicMemoryEnabled"] = false;
            settings["HugePagesEnabled"] = false;
            settings["IsVirtualized"] = true;
            settings["Limit"] = 1_048_576UL;
            settings["MaxMemoryBlocksPerNumaNode"] = 131_072UL;
            settings["MemoryEncryptionPolicy"] = (byte)0;
            settings["Reservation"] = 1_024UL;
            settings["SgxEnabled"] = false;
            settings["SgxLaunchControlDefault"] = string.Empty;
            settings["SgxLaunchControlMode"] = 0u;
            settings["SgxSize"] = 0UL;
            settings["SwapFilesInUse"] = false;
            settings["TargetMemoryBuffer"] = 20u;
            settings["VirtualQuantity"] = 1_024UL;
            settings["VirtualQuantityUnits"] = "byte * 2^20";
            settings["Weight"] = 5_000u;
        },
    };

    public static readonly ResourceKind IdeController = new(Allocation, 5, "Microsoft:Hyper-V:Emulated IDE Controller", "83F8638B-8DCA-4152-9EDA-2CA8B33039B4", "IDE Controller", "Settings for the Microsoft Emulated IDE Controller.") { IsFixed = true };

    public static readonly ResourceKind ScsiController = new(Allocation, 6, "Microsoft:Hyper-V:Synthetic SCSI Controller", "2F2B3F1A-6AE0-4B0E-9A39-2F8A2F5B6C11", "SCSI Controller", "Settings for the Microsoft Synthetic SCSI Controller.")
    {
        More = settings => settings["VirtualSystemIdentifiers"] = new[] { "{00000000-0000-0000-0000-000000000000}" },
    };

    public static readonly ResourceKind DisketteController = new(Allocation, 1, "Microsoft:Hyper-V:Diskette Controller", "8F0D2762-0B00-4E04-AF4F-19010527CB93", "Diskette Controller", "Settings for the Microsoft Virtual Diskette Controller.") { OtherType = "Microsoft Virtual Diskette Controller", IsFixed = true };

    public static readonly ResourceKind DisketteDrive = new(Allocation, 14, "Microsoft:Hyper-V:Synthetic Diskette Drive", "6A1B4B12-0D1D-4A6D-8B6B-0E0F3D1A7F29", "Diskette Drive", "Settings for the Microsoft Synthetic Diskette Drive.") { IsFixed = true };

    public static readonly ResourceKind DiskDrive = new(Allocation, 17, "Microsoft:Hyper-V:Synthetic Disk Drive", "A64A4C7C-0D2B-4A0F-9B52-5E6DD0D9A4B3", "Hard Drive", "Settings for the Microsoft Synthetic Disk Drive.") { IsHotPluggable = true };

    public static readonly ResourceKind DvdDrive = new(Allocation, 16, "Microsoft:Hyper-V:Synthetic DVD Drive", "5D2D3B1E-2F4E-4D3C-8C5F-33B11B0C9E27", "DVD Drive", "Settings for the Microsoft Synthetic DVD Drive.") { IsHotPluggable = true };

    public static readonly ResourceKind PhysicalDiskDrive = new(Allocation, 17, "Microsoft:Hyper-V:Physical Disk Drive", "9C3F7A86-3D5B-41B7-8E1A-5B7B2D6C4F10", "Physical Hard Drive", "Settings for the Microsoft Physical Disk Drive.") { IsHotPluggable = true };

    public static readonly ResourceKind VirtualHardDisk = new(Storage, 31, "Microsoft:Hyper-V:Virtual Hard Disk", "70BB60D2-A9D3-46AA-B654-3DE53004B4F8", "Hard Disk Image", "Settings for the Microsoft Hard Disk Image.") { IsHotPluggable = true, More = settings => Extent(settings, 512) };

    public static readonly ResourceKind VirtualDvdDisk = new(Storage, 31, "Microsoft:Hyper-V:Virtual CD/DVD Disk", "1E7A2C40-7C3B-4C8D-9A51-6D2E8F4B0A35", "ISO Disk Image", "Settings for the Microsoft ISO Disk Image.") { IsHotPluggable = true, More = settings => Extent(settings, 2048) };

    public static readonly ResourceKind VirtualFloppyDisk = new(Storage, 31, "Microsoft:Hyper-V:Virtual Floppy Disk", "C5B0F6D8-4E29-4F66-9C0D-7A1B3E5F2D48", "Floppy Disk Image", "Settings for the Microsoft Floppy Disk Image.") { IsHotPluggable = true, More = settings => Extent(settings, 512) };

    public static readonly ResourceKind SyntheticEthernetPort = new("Msvm_SyntheticEthernetPortSettingData", 10, "Microsoft:Hyper-V:Synthetic Ethernet Port", "6A45335D-4C3A-44B7-B61F-C9808BBDF8ED", "Network Adapter", "Settings for the Microsoft Synthetic Ethernet Port.")
    {
        IsHotPluggable = true,
        More = settings =>
        {
            settings["Address"] = string.Empty;
            settings["AllowDirectTranslatedP2P"] = false;
            settings["AllowPacketDirect"] = false;
            settings["ClusterMonitored"] = true;
            settings["DesiredVLANEndpointMode"] = null;
            settings["DeviceNamingEnabled"] = false;
            settings["InterruptModeration"] = true;
            settings["MediaType"] = 0u;
            settings["NumaAwarePlacement"] = false;
            settings["StaticMacAddress"] = false;
            settings["VirtualSystemIdentifiers"] = new[] { "{00000000-0000-0000-0000-000000000000}" };
        },
    };

    public static readonly ResourceKind EmulatedEthernetPort = new("Msvm_EmulatedEthernetPortSettingData", 10, "Microsoft:Hyper-V:Emulated Ethernet Port", "CE5A4E4B-9C5C-4B2C-8D8F-5A6F1E3B7D94", "Legacy Network Adapter", "Settings for the Microsoft Emulated Ethernet Port.")
    {
        More = settings =>
        {
            settings["Address"] = string.Empty;
            settings["ClusterMonitored"] = true;
            settings["StaticMacAddress"] = false;
        },
    };

    public static readonly ResourceKind EthernetConnection = new("Msvm_EthernetPortAllocationSettingData", 33, "Microsoft:Hyper-V:Ethernet Connection", "72027ECE-E44A-446E-AF2B-8D8C4B8A2279", "Dynamic Ethernet Switch Port", "Settings for the Ethernet connection of a virtual machine.")
    {
        IsHotPluggable = true,
        More = settings =>
        {
            settings["EnabledState"] = (ushort)2;
            settings["LastKnownSwitchName"] = string.Empty;
            settings["RequiredFeatureHints"] = Array.Empty<string>();
            settings["RequiredFeatures"] = Array.Empty<string>();
            settings["TestReplicaPoolID"] = string.Empty;
            settings["TestReplicaSwitchName"] = string.Empty;
        },
    };

    public static readonly ResourceKind SerialController = new(Allocation, 1, "Microsoft:Hyper-V:Serial Controller", "8E3A359F-559A-4B6A-98A9-1690A6100ED7", "Serial Controller", "Settings for the Microsoft Virtual Serial Controller.") { OtherType = "Microsoft Virtual Serial Controller", IsFixed = true };

    public static readonly ResourceKind SerialPort = new("Msvm_SerialPortSettingData", 21, "Microsoft:Hyper-V:Serial Port", "0E3F5B7A-91C2-4D64-8F0B-2C4D6E8A1B35", "COM", "Settings for the Microsoft Virtual Serial Port.")
    {
        IsFixed = true,
        More = settings =>
        {
            settings["Connection"] = Array.Empty<string>();
            settings["DebuggerMode"] = false;
        },
    };

    public static readonly ResourceKind Display = new("Msvm_SyntheticDisplayControllerSettingData", 24, "Microsoft:Hyper-V:Synthetic Display Controller", "F3CFDB27-1F5A-4D0B-9A6C-4E8B7C2D1A90", "Display Controller", "Settings for the Microsoft Synthetic Display Controller.")
    {
        IsFixed = true,
        More = settings =>
        {
            settings["HorizontalResolution"] = (ushort)1920;
            settings["ResolutionType"] = (byte)2;
            settings["VerticalResolution"] = (ushort)1080;
        },
    };

    public static readonly ResourceKind Heartbeat = Integration("Msvm_HeartbeatComponentSettingData", "Heartbeat Component", "84EAAE65-2F2E-45F5-9BB5-0E857DC8EB47", "Heartbeat", settings =>
    {
        settings["ErrorThreshold"] = 9u;
        settings["Interval"] = 2000u;
        settings["Latency"] = 1000u;
    });

    public static readonly ResourceKind Kvp = Integration("Msvm_KvpExchangeComponentSettingData", "Key-Value Pair Exchange Component", "2A34B1C2-FD73-4043-8A5B-DD2159BC743F", "Key-Value Pair Exchange", settings =>
    {
        settings["DisableHostKVPItems"] = false;
        settings["HostExchangeItems"] = Array.Empty<string>();
        settings["HostOnlyItems"] = Array.Empty<string>();
    });

    public static readonly ResourceKind Shutdown = Integration("Msvm_ShutdownComponentSettingData", "Shutdown Component", "9F8233AC-BE49-4C79-8EE3-E7E1985B2077", "Shutdown");

    public static readonly ResourceKind TimeSync = Integration("Msvm_TimeSyncComponentSettingData", "Time Synchronization Component", "2497F4DE-E9FA-4204-80E4-4B75C46419C0", "Time Synchronization");

    public static readonly ResourceKind Vss = Integration("Msvm_VssComponentSettingData", "VSS Component", "5CED1297-4598-4915-A5FC-AD21BB4D02A4", "VSS");

    public static readonly ResourceKind GuestServices = Integration("Msvm_GuestServiceInterfaceComponentSettingData", "Guest Service Interface Component", "6C09BB55-D683-4DA0-8931-C9BF705F6480", "Guest Service Interface", settings =>
    {
        settings["DefaultEnabledStatePolicy"] = (ushort)2;
        settings["EnabledState"] = (ushort)3;
    });

    /// <summary>Every kind.</summary>
    public static readonly IReadOnlyList<ResourceKind> All =
    [
        Processor, Memory, IdeController, ScsiController, DisketteController, DisketteDrive, DiskDrive, DvdDrive, PhysicalDiskDrive, VirtualHardDisk, VirtualDvdDisk, VirtualFloppyDisk,
        SyntheticEthernetPort, EmulatedEthernetPort, EthernetConnection, SerialController, SerialPort, Display, Heartbeat, Kvp, Shutdown, TimeSync, Vss, GuestServices,
    ];

    /// <summary>The kinds that every machine has one of, with <c>EnabledState</c> to switch them.</summary>
    public static readonly IReadOnlyList<ResourceKind> Integrations = [Heartbeat, Kvp, Shutdown, TimeSync, Vss, GuestServices];

    /// <summary>The kind of settings by class and subtype, or null.</summary>
    public static ResourceKind? Of(CimInstance settings) =>
        All.FirstOrDefault(kind => kind.ClassName.Equals(settings.ClassName, StringComparison.OrdinalIgnoreCase)
            && (kind.SubType.Equals(settings.String("ResourceSubType"), StringComparison.OrdinalIgnoreCase) || (kind.ClassName is not (Allocation or Storage) && settings.String("ResourceSubType") is null or "")));

    /// <summary>
    /// The kind of settings that come as their base class, <c>Msvm_ResourceAllocationSettingData</c>, and say by <c>ResourceSubType</c> what they are, as libvirt adds
    /// virtual disks; or null.
    /// </summary>
    public static ResourceKind? OfBase(CimInstance settings) => settings.ClassName.Equals(Allocation, StringComparison.OrdinalIgnoreCase)
        ? All.FirstOrDefault(kind => kind.ClassName == Storage && kind.SubType.Equals(settings.String("ResourceSubType"), StringComparison.OrdinalIgnoreCase))
        : null;

    private static ResourceKind Integration(string className, string subType, string id, string elementName, Action<CimInstance>? more = null) =>
        new(className, 1, "Microsoft:Hyper-V:" + subType, id, elementName, $"Settings for the Microsoft {elementName}.")
        {
            OtherType = "Microsoft:Hyper-V:" + subType,
            IsFixed = true,
            More = settings =>
            {
                settings["EnabledState"] = (ushort)2;
                more?.Invoke(settings);
            },
        };

    private static void Extent(CimInstance settings, ulong blockSize)
    {
        settings["Access"] = (ushort)3;
        settings["CachingMode"] = (ushort)0;
        settings["HostResource"] = Array.Empty<string>();
        settings["HostResourceBlockSize"] = 0UL;
        settings["IgnoreFlushes"] = false;
        settings["IOPSAllocationUnits"] = "count / second";
        settings["IOPSLimit"] = 0UL;
        settings["IOPSReservation"] = 0UL;
        settings["PersistentReservationsSupported"] = false;
        settings["SnapshotId"] = string.Empty;
        settings["StorageQoSPolicyID"] = string.Empty;
        settings["VirtualResourceBlockSize"] = blockSize;
        settings["WriteHardeningMethod"] = (ushort)0;
    }
}
