using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Snapshots;
using HvPlatform.HyperVSimulator.Model.Storage;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class SnapshotTests
{
    private const string Service = "Msvm_VirtualSystemSnapshotService";
    private const string Base = @"C:\VMs\web.vhdx";
    private readonly ModelTest test = ModelTest.Create();
    private readonly SimulatedVm vm;

    public SnapshotTests() => vm = TestVm.Place(test.Host, disk: Base);

    [Fact]
    public void Snapshots_FormAChainOfDisksAndParents()
    {
        var first = Take();
        var second = Take();
        Assert.Null(HostSnapshots.ParentIdOf(first.Settings));
        Assert.Equal(first.Id, HostSnapshots.ParentIdOf(second.Settings));
        Assert.Equal(second.Id, HostSnapshots.ParentIdOf(vm.Configuration.Settings));
        Assert.Equal(Base, first.DiskPaths().Single());
        Assert.Equal([Leaf(), second.DiskPaths().Single(), Base], test.Host.Disks.Chain(Leaf()).Select(one => one.Path));
        Assert.StartsWith("web - (", first.Settings.String("ElementName"), StringComparison.Ordinal);
        Assert.Equal("Microsoft:Hyper-V:Snapshot:Realized", first.Settings.String("VirtualSystemType"));
        Assert.Equal(vm.Key, first.Settings.String("VirtualSystemIdentifier"));
    }

    [Fact]
    public void Apply_GoesBackAndBranches()
    {
        var first = Take();
        var former = Leaf();
        var changed = vm.Configuration.Settings.Copy();
        changed["Notes"] = new[] { "later" };
        vm.Configuration.Settings = changed;
        test.Succeed(Call("ApplySnapshot", "Snapshot", first));
        Assert.Equal("notes of web", vm.Configuration.Settings.Array<string>("Notes").Single());
        Assert.Equal("web", vm.Name);
        Assert.Equal("Microsoft:Hyper-V:System:Realized", vm.Configuration.Settings.String("VirtualSystemType"));
        Assert.Null(test.Host.Files.Find(former));
        Assert.Equal([Leaf(), Base], test.Host.Disks.Chain(Leaf()).Select(one => one.Path));
        Assert.Equal(first.Id, vm.LastAppliedSnapshotId);
    }

    [Fact]
    public void DeletingTheOnlySnapshot_MergesItsDisk()
    {
        var first = Take();
        test.Host.Disks.Grow(Leaf(), 1UL << 30);
        var child = Leaf();
        test.Succeed(Call("DestroySnapshot", "AffectedSnapshot", first));
        Assert.Equal(Base, Leaf());
        Assert.Null(test.Host.Files.Find(child));
        Assert.Equal(2UL << 30, test.Host.Disks.Open(Base).WrittenBytes);
        Assert.Null(HostSnapshots.ParentIdOf(vm.Configuration.Settings));
        Assert.Empty(vm.Snapshots);
    }

    [Fact]
    public void DeletingOneInTheMiddle_JoinsItsNeighbours()
    {
        var first = Take();
        var second = Take();
        var third = Take();
        test.Succeed(Call("DestroySnapshot", "AffectedSnapshot", second));
        Assert.Equal([first, third], vm.Snapshots);
        Assert.Equal(first.Id, HostSnapshots.ParentIdOf(third.Settings));
        Assert.Equal(3, test.Host.Disks.Chain(Leaf()).Count);
        Assert.Equal(test.Host.Disks.Chain(Leaf())[1].Path, third.DiskPaths().Single());
    }

    [Fact]
    public void ABranchingDisk_StaysUntilOneBranchIsGone()
    {
        var first = Take();
        var second = Take();
        test.Succeed(Call("ApplySnapshot", "Snapshot", first));
        test.Succeed(Call("DestroySnapshot", "AffectedSnapshot", first));
        Assert.Equal([Leaf(), Base], test.Host.Disks.Chain(Leaf()).Select(one => one.Path));
        test.Succeed(Call("DestroySnapshot", "AffectedSnapshot", second));
        Assert.Equal(Base, Leaf());
        Assert.Single(test.Host.Files.List(@"C:\VMs"));
    }

    [Fact]
    public void ATree_GoesAtOnce()
    {
        var first = Take();
        Take();
        Take();
        test.Succeed(Call("DestroySnapshotTree", "SnapshotSettingData", first));
        Assert.Empty(vm.Snapshots);
        Assert.Equal(Base, Leaf());
    }

    [Fact]
    public void ARunningMachine_CanBeSnapshotButNotSetBack()
    {
        vm.State = VmState.Running;
        var first = Take();
        Assert.True(first.Settings.Boolean("IsSaved"));
        Assert.Equal(32775, Call("ApplySnapshot", "Snapshot", first).Number("ReturnValue"));
        vm.State = VmState.Off;
        test.Succeed(Call("ApplySnapshot", "Snapshot", first));
        Assert.Equal(VmState.Saved, vm.State);
    }

    [Fact]
    public void AMissingDisk_FailsAndChangesNothing()
    {
        test.Host.Files.Delete(Base);
        test.Fail(Create(), 32779);
        Assert.Empty(vm.Snapshots);
        Assert.Equal(Base, Leaf());
    }

    [Fact]
    public void WhatIsNoSnapshot_IsRefused()
    {
        Assert.Equal(32773, Call("ApplySnapshot", "Snapshot", vm.Configuration).Number("ReturnValue"));
        Assert.Equal(32773, test.Call(Service, "CreateSnapshot", ("AffectedSystem", test.Host.Path), ("SnapshotType", (ushort)2)).Number("ReturnValue"));
        Assert.Equal(32773, test.Call(Service, "CreateSnapshot", ("AffectedSystem", VmPath.Of(vm)), ("SnapshotType", (ushort)9)).Number("ReturnValue"));
        vm.State = VmState.Saving;
        Assert.Equal(32775, Create().Number("ReturnValue"));
    }

    private VmConfiguration Take()
    {
        var answer = Create();
        test.Succeed(answer);
        var made = vm.Snapshots[^1];
        Assert.Contains(test.Host.Jobs.Find(answer.Reference("Job")!)!.Affected, one => one.Path.Equals(VmPath.OfSettings(made)) && one.Effects.Contains((ushort)5));
        return made;
    }

    private CimInstance Create() => test.Call(Service, "CreateSnapshot", ("AffectedSystem", VmPath.Of(vm)), ("SnapshotSettings", string.Empty), ("SnapshotType", (ushort)2));

    private CimInstance Call(string method, string parameter, VmConfiguration snapshot) => test.Call(Service, method, (parameter, VmPath.OfSettings(snapshot)));

    private string Leaf() => WindowsPath.Normalize(vm.Configuration.DiskPaths().Single());
}
