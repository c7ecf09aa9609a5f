using HvPlatform.Contracts;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

public sealed class HyperVCheckpointTests : DriverOnModel
{
    [Fact]
    public async Task Checkpoints_are_a_tree_that_can_be_gone_back_in()
    {
        var vm = Add(new NewVm("tree") { Disks = [new NewVmDisk(@"C:\VMs\tree.vhdx")] });
        var checkpoints = Driver.Checkpoints;
        await checkpoints.CreateAsync(vm, "it's \"root\" <&]]>", default);
        await checkpoints.CreateAsync(vm, "child", default);
        await FailsAsync(ErrorKind.Conflict, () => checkpoints.CreateAsync(vm, "child", default));
        var root = (await checkpoints.ListAsync(vm, default)).Checkpoints[0];
        Assert.Equal("it's \"root\" <&]]>", root.Name);
        await checkpoints.ApplyAsync(vm, root.Id, default);
        await checkpoints.CreateAsync(vm, "sibling", default);

        var list = (await checkpoints.ListAsync(vm, default)).Checkpoints;
        Assert.Equal(["child", "sibling"], list.Where(c => c.ParentId == root.Id).Select(c => c.Name).Order());
        Assert.Equal("sibling", Assert.Single(list, c => c.Current).Name);
        await checkpoints.DeleteAsync(vm, list.Single(c => c.Name == "child").Id, subtree: false, default);
        await checkpoints.DeleteAsync(vm, root.Id, subtree: true, default);
        Assert.Empty((await checkpoints.ListAsync(vm, default)).Checkpoints);
        await FailsAsync(ErrorKind.NotFound, () => checkpoints.ApplyAsync(vm, root.Id, default));
    }
}
