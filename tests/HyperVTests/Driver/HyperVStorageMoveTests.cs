using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator;
using HvPlatform.HyperVSimulator.Control;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.TestKit;
using Xunit;
using VmState = HvPlatform.HyperVSimulator.Model.VmState;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>Moving a VM's storage on its host, over WS-Management.</summary>
public sealed class HyperVStorageMoveTests : IAsyncLifetime
{
    private const string System = @"C:\VMs\web.vhdx";
    private const string Data = @"C:\VMs\data.vhdx";
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly VmStorageMove ToD = new() { Directory = @"D:\web" };
    private HyperVFleet fleet = null!;
    private IHypervisorDriver driver = null!;
    private SimulatedVm vm = null!;

    private SimulatedHyperVHost Host => fleet.Hosts[0].Model;

    private VmId Id => new(vm.Id);

    public async ValueTask InitializeAsync()
    {
        fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { Hosts = 1, Host = new SimulatedHostOptions { JobDuration = TimeSpan.FromMilliseconds(20), DiskBytesPerSecond = 1UL << 42, NetworkBytesPerSecond = 1UL << 42 } });
        vm = Host.AddVm(new NewVm("web") { MemoryMb = 512, Disks = [new NewVmDisk(System), new NewVmDisk(Data)], State = VmState.Running });
        driver = await HyperVPair.ConnectAsync(fleet.Hosts[0]);
    }

    public async ValueTask DisposeAsync()
    {
        await driver.DisposeAsync();
        await fleet.DisposeAsync();
    }

    [Fact]
    public async Task All_of_a_running_VM_goes_into_a_directory_and_going_there_again_is_nothing()
    {
        await MoveAsync(ToD);
        await AssertDisksAsync(@"D:\web\Virtual Hard Disks\web.vhdx", @"D:\web\Virtual Hard Disks\data.vhdx");
        Assert.Equal(VmState.Running, vm.State);
        Assert.Equal(@"D:\web", vm.Configuration.Settings.String("ConfigurationDataRoot"));
        Assert.False(IsFile(System));
        Assert.True(await driver.Storage!.ResumeStorageMoveAsync(Id, ToD, None));
        await MoveAsync(ToD);
        Assert.Equal(1, Jobs());
    }

    [Fact]
    public async Task A_named_disk_goes_alone_and_its_old_file_may_stay()
    {
        await MoveAsync(new VmStorageMove { Disks = [new VmDiskMove { Source = Data, Destination = @"D:\data.vhdx" }], RetainSource = true });
        await AssertDisksAsync(System, @"D:\data.vhdx");
        Assert.True(IsFile(Data));
    }

    [Fact]
    public async Task A_job_that_fails_leaves_everything_where_it_was()
    {
        fleet.Hosts[0].Apply(new JobFault { ErrorCode = 32768, Description = "The disk is full. (0x80070070)", Class = "Msvm_MigrationJob", At = 0.2 });
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => MoveAsync(ToD))).Error;
        Assert.Contains("The disk is full", error.Message + error.NativeMessage + error.Cause?.Message, StringComparison.Ordinal);
        await AssertDisksAsync(System, Data);
        Assert.Equal(VmState.Running, vm.State);
        Assert.True(IsFile(System));
        Assert.False(await driver.Storage!.ResumeStorageMoveAsync(Id, ToD, None));
    }

    [Theory]
    [InlineData("disks", null, @"C:\other.vhdx", @"D:\other.vhdx")]
    [InlineData("disks", null, Data, "data.vhdx")]
    [InlineData("disks", null, Data, System)]
    [InlineData("disks", @"D:\web", Data, @"D:\web\Virtual Hard Disks\web.vhdx")]
    [InlineData("directory", "web", Data, @"D:\data.vhdx")]
    public async Task What_cannot_be_is_said_before_the_host_is_asked(string member, string? directory, string source, string destination)
    {
        var move = new VmStorageMove { Directory = directory, Disks = [new VmDiskMove { Source = source, Destination = destination }] };
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => MoveAsync(move))).Error;
        Assert.Equal((ErrorKind.Validation, member), (error.Kind, error.Field));
        Assert.Equal(0, Jobs());
    }

    [Fact]
    public async Task Another_driver_finds_the_move_that_runs_and_a_second_one_is_refused()
    {
        fleet.Hosts[0].Apply(new JobFault { Slowness = 20 });
        var first = MoveAsync(ToD);
        await Eventually.Until(() => Jobs() == 1, "the move runs");
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => MoveAsync(ToD))).Error.Kind);
        await using var next = await HyperVPair.ConnectAsync(fleet.Hosts[0]);
        Assert.True(await next.Storage!.ResumeStorageMoveAsync(Id, ToD, None));
        await first;
        Assert.Equal(1, Jobs());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    public async Task A_lost_reply_begins_it_once(double slowness)
    {
        fleet.Hosts[0].Apply(new JobFault { Slowness = slowness });
        fleet.Hosts[0].Faults.Add(new WireFault { Kind = WireFaultKind.LostReply, Method = "MigrateVirtualSystemToHost" });
        await MoveAsync(ToD);
        await AssertDisksAsync(@"D:\web\Virtual Hard Disks\web.vhdx", @"D:\web\Virtual Hard Disks\data.vhdx");
        Assert.Equal(1, Jobs());
    }

    private Task MoveAsync(VmStorageMove move) => driver.Storage!.MoveStorageAsync(Id, move, None);

    private async Task AssertDisksAsync(params string[] files) => Assert.Equal(files, (await driver.GetAsync(Id, None))!.Disks.Select(d => d.Source));

    private bool IsFile(string path)
    {
        lock (Host.Gate)
        {
            return Host.Files.Find(path) is not null;
        }
    }

    /// <summary>Migration jobs that were ever begun.</summary>
    private int Jobs()
    {
        lock (Host.Gate)
        {
            return Host.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_MigrationJob").Count();
        }
    }
}
