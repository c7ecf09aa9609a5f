using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Storage;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class VirtualDisksTests
{
    private const ulong Gib = 1UL << 30;
    private readonly HostFiles files;
    private readonly VirtualDisks disks;

    public VirtualDisksTests()
    {
        files = new HostFiles(new SimulatedFileSystem(100 * Gib, TimeProvider.System), new SimulatedFileSystem(100 * Gib, TimeProvider.System));
        var next = 0;
        disks = new VirtualDisks(files, () => new Guid(++next, 0, 0, new byte[8]));
        files.CreateDirectory(@"C:\Disks\one");
    }

    [Fact]
    public void Paths_AreComparedWithoutCaseAndInOneForm()
    {
        files.Write(@"c:\disks\ONE\..\a.txt", 3, "abc");
        Assert.Equal(@"c:\disks\a.txt", files.Read(@"C:/Disks//a.txt").Path);
        Assert.Equal(StorageError.FileNotFound, Assert.Throws<StorageFault>(() => files.Read(@"C:\Disks\b.txt")).Error);
        Assert.Equal(StorageError.PathNotFound, Assert.Throws<StorageFault>(() => files.Read(@"C:\None\b.txt")).Error);
        Assert.Equal(StorageError.PathNotFound, Assert.Throws<StorageFault>(() => files.Write(@"C:\None\b.txt", 1)).Error);
        Assert.Equal(StorageError.InvalidName, Assert.Throws<StorageFault>(() => files.Write(@"b.txt", 1)).Error);
        Assert.Equal(StorageError.InvalidName, Assert.Throws<StorageFault>(() => files.Write(@"C:\a<b", 1)).Error);
    }

    [Fact]
    public void FullReadOnlyAndUnreachableVolumes_RefuseToWrite()
    {
        files.WriteWithDirectory(@"C:\big", 60 * Gib);
        Assert.Equal(StorageError.DiskFull, Assert.Throws<StorageFault>(() => files.Write(@"C:\more", 50 * Gib)).Error);
        files.Write(@"C:\big", 90 * Gib);
        files.Delete(@"C:\big");
        Assert.Equal(0UL, files.Local.UsedBytes);

        files.Write(@"C:\kept", 1);
        files.Local.SetReadOnly(@"C:\kept", true);
        Assert.Equal(StorageError.AccessDenied, Assert.Throws<StorageFault>(() => files.Delete(@"C:\kept")).Error);
        files.Local.ReadOnly = true;
        Assert.Equal(StorageError.AccessDenied, Assert.Throws<StorageFault>(() => files.Write(@"C:\new", 1)).Error);

        files.WriteWithDirectory(@"\\nas\vms\a\b.txt", 1);
        Assert.NotNull(files.Find(@"\\NAS\VMS\a\b.txt"));
        files.SharesReachable = false;
        Assert.Null(files.Find(@"\\nas\vms\a\b.txt"));
        Assert.Equal(StorageError.NetworkPathNotFound, Assert.Throws<StorageFault>(() => files.Read(@"\\nas\vms\a\b.txt")).Error);
    }

    [Fact]
    public void FixedAndDynamic_HaveTheSizesOfTheirFiles()
    {
        Create(@"C:\Disks\fixed.vhd", VirtualDisk.Vhd, VirtualDisk.Fixed, Gib);
        Create(@"C:\Disks\dynamic.vhdx", VirtualDisk.Vhdx, VirtualDisk.Dynamic, 40 * Gib);
        Assert.Equal(Gib + 512, files.Read(@"C:\Disks\fixed.vhd").SizeBytes);
        Assert.Equal(4UL << 20, files.Read(@"C:\Disks\dynamic.vhdx").SizeBytes);
        disks.Grow(@"C:\Disks\dynamic.vhdx", 33UL << 20);
        Assert.Equal(68UL << 20, files.Read(@"C:\Disks\dynamic.vhdx").SizeBytes);
        Assert.Equal(StorageError.FileExists, Assert.Throws<StorageFault>(() => Create(@"C:\Disks\fixed.vhd", VirtualDisk.Vhd, VirtualDisk.Fixed, Gib)).Error);
        Assert.Equal(StorageError.DiskFull, Assert.Throws<StorageFault>(() => Create(@"C:\Disks\huge.vhdx", VirtualDisk.Vhdx, VirtualDisk.Fixed, 400 * Gib)).Error);
    }

    [Theory]
    [InlineData(@"C:\Disks\a.vhdx", VirtualDisk.Vhd, VirtualDisk.Fixed, Gib)]
    [InlineData(@"C:\Disks\a.txt", VirtualDisk.Vhdx, VirtualDisk.Fixed, Gib)]
    [InlineData(@"C:\Disks\a.vhdx", 9, VirtualDisk.Fixed, Gib)]
    [InlineData(@"C:\Disks\a.vhdx", VirtualDisk.Vhdx, 7, Gib)]
    [InlineData(@"C:\Disks\a.vhdx", VirtualDisk.Vhdx, VirtualDisk.Dynamic, 0UL)]
    [InlineData(@"C:\Disks\a.vhdx", VirtualDisk.Vhdx, VirtualDisk.Dynamic, 65UL << 40)]
    [InlineData(@"C:\Disks\a.vhdx", VirtualDisk.Vhdx, VirtualDisk.Differencing, Gib)]
    public void ImpossibleSettings_AreInvalidParameters(string path, int format, int type, ulong size) =>
        Assert.Equal(32773, Assert.Throws<StorageFault>(() => Create(path, (ushort)format, (ushort)type, size)).Code);

    [Fact]
    public void ADifferencingDisk_KnowsItsParentAndMergesIntoIt()
    {
        Create(@"C:\Disks\base.vhdx", VirtualDisk.Vhdx, VirtualDisk.Dynamic, 10 * Gib);
        disks.Grow(@"C:\Disks\base.vhdx", Gib);
        disks.CreateChild(@"C:\Disks\one.avhdx", @"C:\Disks\base.vhdx");
        disks.CreateChild(@"C:\Disks\two.avhdx", @"C:\Disks\one.avhdx");
        disks.Grow(@"C:\Disks\two.avhdx", 2 * Gib);
        Assert.Equal([@"C:\Disks\two.avhdx", @"C:\Disks\one.avhdx", @"C:\Disks\base.vhdx"], disks.Chain(@"C:\Disks\two.avhdx").Select(one => one.Path));

        disks.Merge(@"C:\Disks\two.avhdx", @"C:\Disks\base.vhdx");
        Assert.Equal(3 * Gib, disks.Open(@"C:\Disks\base.vhdx").WrittenBytes);
        Assert.Null(files.Find(@"C:\Disks\one.avhdx"));
        Assert.Null(files.Find(@"C:\Disks\two.avhdx"));
    }

    [Fact]
    public void AnExchangedOrMissingParent_IsNamed()
    {
        Create(@"C:\Disks\base.vhdx", VirtualDisk.Vhdx, VirtualDisk.Dynamic, 10 * Gib);
        disks.CreateChild(@"C:\Disks\one.avhdx", @"C:\Disks\base.vhdx");
        files.Delete(@"C:\Disks\base.vhdx");
        Assert.Equal(@"C:\Disks\base.vhdx", Assert.Throws<StorageFault>(() => disks.Chain(@"C:\Disks\one.avhdx")).Path);
        Create(@"C:\Disks\base.vhdx", VirtualDisk.Vhdx, VirtualDisk.Dynamic, 10 * Gib);
        Assert.Equal(StorageError.Corrupt, Assert.Throws<StorageFault>(() => disks.Chain(@"C:\Disks\one.avhdx")).Error);
        disks.SetParent(@"C:\Disks\one.avhdx", @"C:\Disks\base.vhdx", ignoreMismatch: true);
        Assert.Equal(2, disks.Chain(@"C:\Disks\one.avhdx").Count);
    }

    [Fact]
    public void Resize_StopsAtWhatIsWritten()
    {
        Create(@"C:\Disks\a.vhdx", VirtualDisk.Vhdx, VirtualDisk.Dynamic, 10 * Gib);
        disks.Grow(@"C:\Disks\a.vhdx", 4 * Gib);
        disks.Resize(@"C:\Disks\a.vhdx", 20 * Gib);
        disks.Resize(@"C:\Disks\a.vhdx", 4 * Gib);
        Assert.Equal(32773, Assert.Throws<StorageFault>(() => disks.Resize(@"C:\Disks\a.vhdx", 3 * Gib)).Code);
        Assert.Equal(4 * Gib, disks.Open(@"C:\Disks\a.vhdx").MaxInternalSizeBytes);
    }

    private void Create(string path, ushort format, ushort type, ulong size)
    {
        var (normal, disk) = disks.Plan(new CimInstance("Msvm_VirtualHardDiskSettingData") { ["Path"] = path, ["Format"] = format, ["Type"] = type, ["MaxInternalSize"] = size });
        disks.Create(normal, disk);
    }
}
