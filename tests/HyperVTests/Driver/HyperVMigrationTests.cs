using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>Hyper-V's own ways to migrate, over WS-Management.</summary>
public sealed class HyperVMigrationTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Disk_comes_to_lie_where_it_was_mapped_to(bool staged, bool deep)
    {
        await using var pair = await HyperVPair.StartAsync();
        const string From = @"C:\VMs\web.vhdx";
        const string To = @"C:\Moved\web.vhdx";
        var vm = pair.SourceHost.AddVm(new NewVm("web") { MemoryMb = 128, Disks = [new NewVmDisk(From, 1UL << 30)], State = HyperVSimulator.Model.VmState.Running });
        var id = new VmId(vm.Id);
        var policy = new MigrationPolicy
        {
            Storage = MigrationStorage.CopyFull,
            HyperV = new HyperVMigrationOptions { Disks = [new HyperVDiskMove { Source = From, Destination = To }], Staged = staged, DeepStorageCheck = deep, Transport = HyperVTransport.Smb },
        };
        var (findings, facts) = await pair.Source.Migration!.CheckSourceAsync(id, policy, CancellationToken.None);
        Assert.True(facts is not null, string.Join("; ", findings.Where(f => !f.Passed).Select(f => f.Detail)));
        Assert.DoesNotContain(await pair.Destination.Migration!.CheckDestinationAsync(facts, policy, CancellationToken.None), f => !f.Passed);
        var uri = await pair.Destination.Migration.PrepareDestinationAsync(facts, policy, CancellationToken.None);
        var result = await pair.Source.Migration.TransferAsync(new(id, uri, policy, facts), new Progress<MigrationProgress>(), CancellationToken.None);
        Assert.True(result.Error is null, $"{result.Error?.Message} {result.Error?.NativeMessage}");
        Assert.Equal([To], (await pair.Destination.GetAsync(id, CancellationToken.None))!.Disks.Select(d => d.Source));
        Assert.Empty(pair.SourceHost.Vms);
        Assert.Empty(pair.DestinationHost.PlannedVms);
    }
}
