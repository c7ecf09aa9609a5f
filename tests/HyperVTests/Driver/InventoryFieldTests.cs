using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using Xunit;
using VmState = HvPlatform.Contracts.VmState;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>Each member of the inventory has a source: a property of an Msvm class which, changed, changes the member.</summary>
public sealed class InventoryFieldTests
{
    private static readonly VmId Vm = new(new Guid("11111111-2222-3333-4444-555555555555"));
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private const string Key = "11111111-2222-3333-4444-555555555555";
    private const string Port = @"Microsoft:11111111-2222-3333-4444-555555555555\AAAAAAAA-0000-0000-0000-000000000001";

    /// <summary>Member of the inventory document, where it comes from, its value, where it goes, and what it becomes.</summary>
    public static readonly TheoryData<string, string, string, object, Func<VmInfo, object?>, object> Sources = new()
    {
        { "id", "Msvm_ComputerSystem", "Name", Key, vm => vm.Id.ToString(), Vm.ToString() },
        { "name", "Msvm_VirtualSystemSettingData", "ElementName", "web \"1\" <a>", vm => vm.Name, "web \"1\" <a>" },
        { "state", "Msvm_ComputerSystem", "EnabledState", (ushort)9, vm => vm.State, VmState.Paused },
        { "status", "Msvm_ComputerSystem", "StatusDescriptions", new[] { "Operating normally" }, vm => vm.Figures!.Status!.Text, "Operating normally" },
        { "health", "Msvm_ComputerSystem", "HealthState", (ushort)25, vm => vm.Figures!.Status!.Health, "Critical failure" },
        { "uptime", "Msvm_SummaryInformation", "UpTime", 90_000UL, vm => vm.Figures!.UptimeSeconds, 90L },
        { "generation", "Msvm_VirtualSystemSettingData", "VirtualSystemSubType", "Microsoft:Hyper-V:SubType:1", vm => vm.Details!.Hardware!.Generation, 1 },
        { "version", "Msvm_VirtualSystemSettingData", "Version", "9.0", vm => vm.Details!.Hardware!.Version, "9.0" },
        { "processor_count", "Msvm_ProcessorSettingData", "VirtualQuantity", 6UL, vm => vm.Vcpus, 6 },
        { "memory", "Msvm_MemorySettingData", "VirtualQuantity", 3072UL, vm => vm.MemoryMiB, 3072L },
        { "memory_assigned_mb", "Msvm_SummaryInformation", "MemoryUsage", 1777UL, vm => vm.Figures!.MemoryAssignedMiB, 1777L },
        { "hard_drives path", "Msvm_StorageAllocationSettingData", "HostResource", new[] { @"D:\vm\a.vhdx" }, vm => vm.Disks[0].Source, @"D:\vm\a.vhdx" },
        { "hard_drives format", "Msvm_StorageAllocationSettingData", "HostResource", new[] { @"D:\vm\a_1.avhdx" }, vm => vm.Disks[0].Format, "vhdx" },
        { "hard_drives place", "Msvm_StorageAllocationSettingData", "InstanceID", $@"Microsoft:{Key}\83F8638B-8DCA-4152-9EDA-2CA8B33039B4\1\0\L", vm => vm.Disks[0].Target, "IDE 1:0" },
        { "dynamic_memory_enabled", "Msvm_MemorySettingData", "DynamicMemoryEnabled", true, vm => vm.Details!.Hardware!.DynamicMemory, true },
        { "enhanced_session_transport_type", "Msvm_VirtualSystemSettingData", "EnhancedSessionTransportType", (ushort)1, vm => vm.Details!.Services!.EnhancedSessionTransport, "HvSocket" },
        { "enhanced session", "Msvm_ComputerSystem", "EnhancedSessionModeState", (ushort)2, vm => vm.Figures!.EnhancedSession, "Available" },
        { "guest_service_interface_enabled", "Msvm_GuestServiceInterfaceComponentSettingData", "EnabledState", (ushort)2, vm => vm.Details!.Services!.GuestServiceInterface, true },
        { "integration services", "Msvm_SummaryInformation", "IntegrationServicesVersionState", (ushort)1, vm => vm.Details!.Services!.IntegrationServices, "Up to date" },
        { "guest_operating_system", "Msvm_SummaryInformation", "GuestOperatingSystem", "Windows 11", vm => vm.Details!.Guest!.OperatingSystem, "Windows 11" },
        { "guest_operating_system", "Msvm_KvpExchangeComponent", "GuestIntrinsicExchangeItems", Pairs("OSName", "Ubuntu"), vm => vm.Details!.Guest!.OperatingSystem, "Ubuntu" },
        { "guest_operating_system_version", "Msvm_KvpExchangeComponent", "GuestIntrinsicExchangeItems", Pairs("OSVersion", "22.04"), vm => vm.Details!.Guest!.OperatingSystemVersion, "22.04" },
        { "guest_operating_system_architecture", "Msvm_KvpExchangeComponent", "GuestIntrinsicExchangeItems", Pairs("ProcessorArchitecture", "9"), vm => vm.Details!.Guest!.Architecture, "x64" },
        { "guest_operating_system_family", "Msvm_KvpExchangeComponent", "GuestIntrinsicExchangeItems", Pairs("OSPlatformId", "2"), vm => vm.Details!.Guest!.Family, "Windows" },
        { "guest host name", "Msvm_KvpExchangeComponent", "GuestIntrinsicExchangeItems", Pairs("FullyQualifiedDomainName", "web1.example"), vm => vm.Details!.Guest!.HostName, "web1.example" },
        { "creation_time", "Msvm_VirtualSystemSettingData", "CreationTime", new CimDateTime(Now.AddDays(-3)), vm => vm.Details!.CreatedAt, Now.AddDays(-3) },
        { "last_boot_time", "Msvm_SummaryInformation", "UpTime", 60_000UL, vm => vm.Figures!.BootedAt, Now.AddMinutes(-1) },
        { "guest_interface_addresses", "Msvm_GuestNetworkAdapterConfiguration", "IPAddresses", new[] { "10.0.0.9" }, vm => vm.Details!.Guest!.Networks[0].Addresses[0], "10.0.0.9" },
        { "guest_interface_subnets", "Msvm_GuestNetworkAdapterConfiguration", "Subnets", new[] { "255.255.0.0" }, vm => vm.Details!.Guest!.Networks[0].Subnets[0], "255.255.0.0" },
        { "network adapter", "Msvm_SyntheticEthernetPortSettingData", "Address", "00155D0A0B0C", vm => vm.Nics[0].MacAddress, "00:15:5d:0a:0b:0c" },
        { "network switch", "Msvm_EthernetPortAllocationSettingData", "LastKnownSwitchName", "old LAN", vm => vm.Nics[0].Network, "old LAN" },
        { "trusted_platform_module", "Msvm_SecuritySettingData", "TpmEnabled", true, vm => vm.Details!.Security!.Tpm, true },
        { "secure_boot", "Msvm_VirtualSystemSettingData", "SecureBootEnabled", true, vm => vm.Details!.Security!.SecureBoot, true },
        { "automatic_checkpoints_enabled", "Msvm_VirtualSystemSettingData", "AutomaticSnapshotsEnabled", true, vm => vm.Details!.Hardware!.AutomaticCheckpoints, true },
        { "operational_status", "Msvm_ComputerSystem", "OperationalStatus", new ushort[] { 2, 32774 }, vm => string.Join(',', vm.Figures!.Status!.Operational), "OK,Migrating virtual machine" },
        { "replication_state", "Msvm_ComputerSystem", "ReplicationState", (ushort)3, vm => vm.Details!.Replication!.State, "Replicating" },
        { "replication_health", "Msvm_ComputerSystem", "ReplicationHealth", (ushort)2, vm => vm.Details!.Replication!.Health, "Warning" },
        { "replication_mode", "Msvm_ComputerSystem", "ReplicationMode", (ushort)2, vm => vm.Details!.Replication!.Mode, "Replica" },
        { "replication_relationship_type", "Msvm_SummaryInformation", "ReplicationStateEx", new ushort[] { 3, 3 }, vm => vm.Details!.Replication!.RelationshipType, "Extended" },
        { "replication_frequency_sec", "Msvm_ReplicationSettingData", "ReplicationInterval", (ushort)300, vm => vm.Details!.Replication!.FrequencySeconds, 300 },
        { "backup_enabled", "Msvm_VirtualSystemSettingData", "IncrementalBackupEnabled", true, vm => vm.Details!.Backup!.Enabled, true },
        { "backup_state", "Msvm_ComputerSystem", "LastSuccessfulBackupTime", new CimDateTime(Now.AddHours(-5)), vm => vm.Figures!.BackupState, "Done" },
        { "cpu_usage_percent", "Msvm_SummaryInformation", "ProcessorLoad", (ushort)37, vm => vm.Figures!.CpuUsagePercent, 37.0 },
        { "memory_usage_percent", "Msvm_SummaryInformation", "MemoryAvailable", 25, vm => vm.Figures!.MemoryUsagePercent, 75.0 },
        { "heartbeat", "Msvm_SummaryInformation", "Heartbeat", (ushort)12, vm => vm.Figures!.Heartbeat, "No contact" },
        { "notes", "Msvm_VirtualSystemSettingData", "Notes", new[] { "mine\r\n#hvplatform-epoch#:7" }, vm => $"{vm.Details!.Notes} {vm.Epoch}", "mine 7" },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_member_follows_its_source(string member, string className, string property, object value, Func<VmInfo, object?> target, object expected)
    {
        Assert.NotNull(CimSchema.Instance.Find(className)?.Property(property));
        var facts = Facts();
        Of(facts, className)[property] = value;
        Assert.True(Equals(expected, target(Read(facts))), $"{member}: {target(Read(facts))}");
        if (member is not "id")
        {
            Assert.NotEqual(expected, target(Read(Facts(without: className == "Msvm_KvpExchangeComponent"))));
        }
    }

    [Fact]
    public void A_vm_that_is_off_tells_since_when_and_has_no_load()
    {
        var facts = Facts();
        facts.System["EnabledState"] = (ushort)3;
        facts.System["TimeOfLastStateChange"] = new CimDateTime(Now.AddHours(-2));
        var vm = Read(facts);
        Assert.Equal((VmState.Off, Now.AddHours(-2), (DateTimeOffset?)null, 0.0, 0L), (vm.State, vm.Figures!.ShutDownAt, vm.Figures.BootedAt, vm.Figures.CpuUsagePercent, vm.Figures.MemoryAssignedMiB));
    }

    [Fact]
    public void Memory_of_a_guest_that_does_not_report_is_unknown()
    {
        var facts = Facts();
        facts.Summary!["MemoryAvailable"] = int.MaxValue;
        Assert.Null(Read(facts).Figures!.MemoryUsagePercent);
    }

    [Fact]
    public void Without_replication_there_is_no_group()
    {
        var facts = Facts();
        facts.System["ReplicationMode"] = (ushort)0;
        Assert.Null(Read(facts).Details!.Replication);
    }

    [Fact]
    public void Disks_at_several_controllers_are_in_the_order_of_their_places()
    {
        var facts = Facts();
        facts.Disks.Clear();
        foreach (var id in (string[])[@"BBBB\0\10\L", @"BBBB\0\2\L", @"83f8638b-8dca-4152-9eda-2ca8b33039b4\0\1\L", @"CCCC\0\0\L"])
        {
            facts.Disks.Add(new CimInstance("Msvm_StorageAllocationSettingData") { ["InstanceID"] = $@"Microsoft:{Key}\{id}", ["HostResource"] = Array.Empty<string>() });
        }

        Assert.Equal(["IDE 0:1", "SCSI 0:2", "SCSI 0:10", "SCSI 1:0"], Read(facts).Disks.Select(disk => disk.Target));
        Assert.All(Read(facts).Disks, disk => Assert.Null(disk.Source));
    }

    [Theory]
    [InlineData(@"\\san\vms", @"\\SAN\vms\a.vhdx", true)]
    [InlineData(@"\\san\vms\", @"\\SAN\vms\a.vhdx", true)]
    [InlineData(@"\\san\vm", @"\\SAN\vms\a.vhdx", false)]
    [InlineData(@"C:\ClusterStorage", @"c:\clusterstorage\v1\a.vhdx", true)]
    public void A_disk_is_shared_if_its_path_is_below_a_shared_one(string shared, string path, bool expected)
    {
        var facts = Facts();
        facts.Disks[0]["HostResource"] = new[] { path };
        Assert.Equal(expected, new VmInfoReader(new Dictionary<string, string>(), [shared]).Read(facts, Now).Disks[0].Shared);
    }

    [Fact]
    public void A_connection_names_its_switch()
    {
        var facts = Facts();
        facts.Connections[0]["HostResource"] = new[] { new CimPath("Msvm_VirtualEthernetSwitch", ("CreationClassName", "Msvm_VirtualEthernetSwitch"), ("Name", "C08CB7B8")).ToObjectPath("HV1") };
        Assert.Equal("LAN", Read(facts).Nics[0].Network);
        facts.Connections[0]["EnabledState"] = (ushort)3;
        Assert.Null(Read(facts).Nics[0].Network);
    }

    [Theory]
    [InlineData(2, VmState.Running, null)]
    [InlineData(3, VmState.Off, null)]
    [InlineData(6, VmState.Saved, null)]
    [InlineData(9, VmState.Paused, null)]
    [InlineData(10, VmState.Running, "Starting")]
    [InlineData(4, VmState.ShuttingDown, "Stopping")]
    [InlineData(32773, VmState.Paused, "Saving")]
    [InlineData(32785, VmState.Unknown, "32785")]
    public void A_state_is_mapped_and_kept_in_words(ushort enabled, VmState state, string? reason)
    {
        var facts = Facts();
        facts.System["EnabledState"] = enabled;
        Assert.Equal((state, reason), (Read(facts).State, Read(facts).StateReason));
    }

    [Fact]
    public void A_host_that_lies_about_a_type_makes_this_vm_unreadable()
    {
        var facts = Facts();
        facts.Memory!["VirtualQuantity"] = "lots";
        Assert.Equal(CimErrorKind.Malformed, Assert.Throws<CimException>(() => Read(facts)).Kind);
    }

    private static VmInfo Read(VmFacts facts) => new VmInfoReader(new Dictionary<string, string> { ["C08CB7B8"] = "LAN" }, []).Read(facts, Now);

    /// <summary>A running VM with little set.</summary>
    private static VmFacts Facts(bool without = false)
    {
        var facts = new VmFacts(Vm, New("Msvm_ComputerSystem", ("EnabledState", (ushort)2), ("ReplicationMode", (ushort)1)))
        {
            Settings = New("Msvm_VirtualSystemSettingData", ("ElementName", "vm"), ("SecureBootEnabled", false)),
            Summary = New("Msvm_SummaryInformation"),
            Processor = New("Msvm_ProcessorSettingData", ("VirtualQuantity", 1UL)),
            Memory = New("Msvm_MemorySettingData", ("VirtualQuantity", 512UL)),
            Security = New("Msvm_SecuritySettingData"),
            GuestServices = New("Msvm_GuestServiceInterfaceComponentSettingData", ("EnabledState", (ushort)3)),
            Replication = New("Msvm_ReplicationSettingData"),
            Kvp = New("Msvm_KvpExchangeComponent", ("SystemName", Key), ("GuestIntrinsicExchangeItems", without ? Pairs("Other", "1") : null)),
        };
        facts.Disks.Add(New("Msvm_StorageAllocationSettingData", ("InstanceID", $@"Microsoft:{Key}\BBBB\0\0\L")));
        facts.Ports.Add(New("Msvm_SyntheticEthernetPortSettingData", ("InstanceID", Port)));
        facts.Connections.Add(New("Msvm_EthernetPortAllocationSettingData", ("Parent", new CimPath("Msvm_SyntheticEthernetPortSettingData", ("InstanceID", Port)).ToObjectPath("HV1"))));
        facts.GuestNetworks.Add(New("Msvm_GuestNetworkAdapterConfiguration", ("InstanceID", $@"Microsoft:GuestNetwork\{Key}\AAAAAAAA-0000-0000-0000-000000000001"), ("IPAddresses", new[] { "192.168.0.1" }), ("Subnets", new[] { "255.255.255.0" })));
        return facts;
    }

    private static CimInstance Of(VmFacts facts, string className) => className switch
    {
        "Msvm_ComputerSystem" => facts.System,
        "Msvm_VirtualSystemSettingData" => facts.Settings!,
        "Msvm_SummaryInformation" => facts.Summary!,
        "Msvm_ProcessorSettingData" => facts.Processor!,
        "Msvm_MemorySettingData" => facts.Memory!,
        "Msvm_SecuritySettingData" => facts.Security!,
        "Msvm_GuestServiceInterfaceComponentSettingData" => facts.GuestServices!,
        "Msvm_ReplicationSettingData" => facts.Replication!,
        "Msvm_KvpExchangeComponent" => facts.Kvp!,
        "Msvm_StorageAllocationSettingData" => facts.Disks[0],
        "Msvm_SyntheticEthernetPortSettingData" => facts.Ports[0],
        "Msvm_EthernetPortAllocationSettingData" => facts.Connections[0],
        "Msvm_GuestNetworkAdapterConfiguration" => facts.GuestNetworks[0],
        _ => throw new ArgumentException(className),
    };

    private static CimInstance New(string className, params (string Name, object? Value)[] values)
    {
        var instance = CimBlank.Of(className);
        foreach (var (name, value) in values)
        {
            instance[name] = value;
        }

        return instance;
    }

    private static string[] Pairs(string name, string data) => [CimXml.Write(new CimInstance("Msvm_KvpExchangeDataItem") { ["Name"] = name, ["Data"] = data, ["Source"] = (ushort)2 })];
}
