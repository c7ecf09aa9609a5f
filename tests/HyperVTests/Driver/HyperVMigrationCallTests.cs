using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

public sealed class HyperVMigrationCallTests
{
    private static readonly VmId Id = new(Guid.Parse("6f9619ff-8b86-d011-b42d-00c04fc964ff"));
    private static readonly HyperVMigrationAddress To = new("HV2", ["10.0.0.2", "fd00::2"]);

    private static readonly HyperVParts Parts = new(
        new CimInstance("Msvm_VirtualSystemSettingData") { ["InstanceID"] = "Microsoft:X", ["ElementName"] = "web", ["ConfigurationDataRoot"] = @"C:\old" },
        [Disk("1", @"C:\VMs\a.vhdx"), Disk("2", @"\\filer\vms\b.vhdx")]);

    [Theory]
    [InlineData("HV2")]
    [InlineData("HV2", "10.0.0.2")]
    [InlineData("hv 2.example", "10.0.0.2", "fe80::1%4")]
    public void Address_is_read_as_it_was_written(string host, params string[] addresses)
    {
        Assert.True(HyperVMigrationAddress.TryParse(new HyperVMigrationAddress(host, addresses).ToString(), out var read));
        Assert.Equal(host, read.Host);
        Assert.Equal(addresses, read.Addresses);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("hyperv://")]
    [InlineData("qemu+tcp://host/system")]
    public void Other_texts_are_no_address(string? text) => Assert.False(HyperVMigrationAddress.TryParse(text, out _));

    [Fact]
    public void Nothing_is_sent_that_was_not_asked_for()
    {
        var arguments = Arguments(new MigrationPolicy(), null);
        Assert.Equal(VmPaths.Of(Id), arguments.Reference("ComputerSystem"));
        Assert.Equal("HV2", arguments.String("DestinationHost"));
        Assert.False(arguments.Has("NewSystemSettingData"));
        Assert.False(arguments.Has("NewResourceSettingData"));
        var settings = CimXml.Read(arguments.String("MigrationSettingData")!);
        Assert.Equal(["DestinationIPAddressList", "MigrationType"], settings.Properties.Keys.Order());
        Assert.Equal(32768, settings.Number("MigrationType"));
        Assert.Equal(["10.0.0.2", "fd00::2"], settings.Array<string>("DestinationIPAddressList"));
    }

    [Fact]
    public void Every_option_has_its_property()
    {
        var options = new HyperVMigrationOptions
        {
            Compression = true,
            CpuCapping = HyperVCpuCapping.Low,
            CancelOnBlackout = true,
            OverwriteDisks = true,
            RetainDisksOnSource = true,
            AvoidRemovingDisks = true,
            NewName = "web-new",
            DestinationPath = @"D:\VMs",
        };
        var arguments = Arguments(new MigrationPolicy { HyperV = options }, null, planned: "P");
        var settings = CimXml.Read(arguments.String("MigrationSettingData")!);
        Assert.Equal(5, settings.Number("TransportType"));
        Assert.True(settings.Boolean("EnableCompression"));
        Assert.Equal(1, settings.Number("CPUCappingMagnitude"));
        Assert.True(settings.Boolean("CancelIfBlackoutThresholdExceeded"));
        Assert.True(settings.Boolean("AllowOverwriteExistingFile"));
        Assert.True(settings.Boolean("RetainVhdCopiesOnSource"));
        Assert.True(settings.Boolean("AvoidRemovingVHDs"));
        Assert.Equal("P", settings.String("DestinationPlannedVirtualSystemId"));
        var system = CimXml.Read(arguments.String("NewSystemSettingData")!);
        Assert.Equal("Microsoft:X", system.String("InstanceID"));
        Assert.Equal("web-new", system.String("ElementName"));
        Assert.Equal(@"D:\VMs", system.String("ConfigurationDataRoot"));
        Assert.Equal(32768, Smb(new MigrationPolicy { HyperV = new HyperVMigrationOptions { Transport = HyperVTransport.Smb } }));
        Assert.Equal(2, CimXml.Read(Arguments(new MigrationPolicy { AutoConverge = true }, null).String("MigrationSettingData")!).Number("CPUCappingMagnitude"));
    }

    [Fact]
    public void Copied_disk_is_its_own_settings_with_another_file_and_others_are_left_out()
    {
        var facts = new MigrationSourceFacts
        {
            Vm = new VmInfo { Id = Id, Name = "web", State = VmState.Running, Vcpus = 1, MemoryMiB = 512 },
            SourceHostName = "HV1",
            Hypervisor = HypervisorKind.HyperV,
            HyperV = new HyperVSourceFacts { Disks = [new HyperVDiskMove { Source = @"c:\vms\A.vhdx", Destination = @"D:\VMs\a.vhdx" }] },
        };
        var arguments = Arguments(new MigrationPolicy { Storage = MigrationStorage.CopyFull }, facts);
        Assert.Equal(32771, CimXml.Read(arguments.String("MigrationSettingData")!).Number("MigrationType"));
        var disk = CimXml.Read(Assert.Single(arguments.Array<string>("NewResourceSettingData")));
        Assert.Equal("Msvm_StorageAllocationSettingData", disk.ClassName);
        Assert.Equal("1", disk.String("InstanceID"));
        Assert.Equal("parent of 1", disk.String("Parent"));
        Assert.Equal([@"D:\VMs\a.vhdx"], disk.Array<string>("HostResource"));
    }

    private static long? Smb(MigrationPolicy policy) => CimXml.Read(Arguments(policy, null).String("MigrationSettingData")!).Number("TransportType");

    private static CimInstance Arguments(MigrationPolicy policy, MigrationSourceFacts? facts, string? planned = null) =>
        HyperVMigrationCall.Arguments("MigrateVirtualSystemToHost", VmPaths.Of(Id), To, HyperVMigrationCall.TypeOf(facts), policy, facts, Parts, planned);

    private static CimInstance Disk(string id, string file) => new("Msvm_StorageAllocationSettingData")
    {
        ["InstanceID"] = id,
        ["Parent"] = $"parent of {id}",
        ["ResourceSubType"] = "Microsoft:Hyper-V:Virtual Hard Disk",
        ["HostResource"] = new[] { file },
    };
}
