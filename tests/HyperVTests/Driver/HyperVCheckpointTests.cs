using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV;
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

    [Fact]
    public async Task The_checkpoint_gets_the_name_and_never_the_VM()
    {
        var vm = Add(new NewVm("kept"));
        Session.After = (method, answer) => answer["ResultingSnapshot"] = null;
        Session.Read = instance =>
        {
            if (instance.ClassName == "Msvm_AffectedJobElement")
            {
                instance["AffectedElement"] = VmPaths.SettingsOf(vm);
                instance["ElementEffects"] = Array.Empty<ushort>();
            }
        };
        await Driver.Checkpoints.CreateAsync(vm, "before the update", default);
        Assert.Equal("before the update", Assert.Single((await Driver.Checkpoints.ListAsync(vm, default)).Checkpoints).Name);
        Assert.Equal("kept", (await Driver.GetAsync(vm, default))!.Name);
    }
}
