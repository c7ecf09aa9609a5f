using HvPlatform.Hypervisors.HyperV.Cim;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class ImageManagementTests
{
    private const string Service = "Msvm_ImageManagementService";
    private const string Directory = @"C:\Users\Public\Documents\Hyper-V\Virtual hard disks";
    private readonly ModelTest test = ModelTest.Create();

    [Fact]
    public void ADisk_IsMadeReadResizedAndFound()
    {
        var answer = Create(Directory + @"\a.vhdx", 3, 20UL << 30);
        Assert.Equal("Msvm_StorageJob", test.Job(answer).ClassName);
        Assert.Equal(1L, test.Job(answer).Number("JobType"));
        test.Succeed(answer);
        var settings = CimXml.Read(test.Call(Service, "GetVirtualHardDiskSettingData", ("Path", Directory + @"\A.VHDX")).String("SettingData")!);
        Assert.Equal(20L << 30, settings.Number("MaxInternalSize"));
        Assert.Equal(3, settings.Number("Type"));
        Assert.Equal(Directory + @"\a.vhdx", settings.String("Path"));
        test.Succeed(test.Call(Service, "ResizeVirtualHardDisk", ("Path", Directory + @"\a.vhdx"), ("MaxInternalSize", 30UL << 30)));
        settings = CimXml.Read(test.Call(Service, "GetVirtualHardDiskSettingData", ("Path", Directory + @"\a.vhdx")).String("SettingData")!);
        Assert.Equal(30L << 30, settings.Number("MaxInternalSize"));
        var state = CimXml.Read(test.Call(Service, "GetVirtualHardDiskState", ("Path", Directory + @"\a.vhdx")).String("State")!);
        Assert.False(state.Boolean("InUse"));
        Assert.Equal(4L << 20, state.Number("FileSize"));
    }

    [Fact]
    public void AFixedDisk_TakesAsLongAsItIsLarge()
    {
        var answer = Create(Directory + @"\a.vhdx", 2, 10_000_000_000UL / 512 * 512);
        test.Pass(TimeSpan.FromSeconds(5));
        Assert.InRange(test.Job(answer).Number("PercentComplete")!.Value, 40, 60);
        Assert.Null(test.Host.Files.Find(Directory + @"\a.vhdx"));
        test.Succeed(answer);
        Assert.NotNull(test.Host.Files.Find(Directory + @"\a.vhdx"));
    }

    [Fact]
    public void WhatIsMissingOrThereAlready_Fails()
    {
        Assert.Equal(32779L, test.Call(Service, "GetVirtualHardDiskSettingData", ("Path", Directory + @"\none.vhdx")).Number("ReturnValue"));
        Assert.Equal(32779L, test.Call(Service, "ResizeVirtualHardDisk", ("Path", Directory + @"\none.vhdx"), ("MaxInternalSize", 1UL << 30)).Number("ReturnValue"));
        Assert.Equal(32773L, test.Call(Service, "GetVirtualHardDiskSettingData", ("Path", "none.vhdx")).Number("ReturnValue"));
        Assert.Equal(32773L, Create(Directory + @"\a.vhdx", 9, 1UL << 30).Number("ReturnValue"));
        Assert.Equal(32773L, test.Call(Service, "CreateVirtualHardDisk", ("VirtualDiskSettingData", "<INSTANCE")).Number("ReturnValue"));
        test.Succeed(Create(Directory + @"\a.vhdx", 3, 1UL << 30));
        var job = test.Fail(Create(Directory + @"\a.vhdx", 3, 1UL << 30), 32768);
        Assert.Contains("0x80070050", job.String("ErrorDescription"), StringComparison.Ordinal);
        Assert.Equal(32779, test.Fail(Create(@"D:\None\a.vhdx", 3, 1UL << 30), 32779).Number("ErrorCode"));
    }

    [Fact]
    public void AMountedDisk_IsInUseUntilItIsDetached()
    {
        test.Succeed(Create(Directory + @"\a.vhdx", 3, 1UL << 30));
        test.Succeed(test.Call(Service, "AttachVirtualHardDisk", ("Path", Directory + @"\a.vhdx"), ("AssignDriveLetter", false), ("ReadOnly", true)));
        var image = test.Call(Service, "FindMountedStorageImageInstance", ("SelectionCriterion", Directory + @"\a.vhdx"), ("CriterionType", (ushort)0)).Reference("Image")!;
        Assert.Equal(1, test.Catalogue.Get(image)!.Number("Access"));
        test.Fail(test.Call(Service, "AttachVirtualHardDisk", ("Path", Directory + @"\a.vhdx")), 32774);
        Assert.Equal(0, test.Call(image, "DetachVirtualHardDisk").Number("ReturnValue"));
        Assert.Null(test.Catalogue.Get(image));
    }

    private CimInstance Create(string path, ushort type, ulong size) => test.Call(Service, "CreateVirtualHardDisk", ("VirtualDiskSettingData", CimXml.Write(new CimInstance("Msvm_VirtualHardDiskSettingData")
    {
        ["Path"] = path,
        ["Format"] = (ushort)3,
        ["Type"] = type,
        ["MaxInternalSize"] = size,
    })));
}
