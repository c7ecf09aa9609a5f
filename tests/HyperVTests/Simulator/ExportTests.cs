using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Migration;
using HvPlatform.HyperVSimulator.Model.Network;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class ExportTests
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private const string Share = @"\\nas\exports";
    private const string Disk = @"C:\VMs\web.vhdx";
    private readonly ModelTest one;
    private readonly ModelTest two;
    private readonly SimulatedVm vm;

    public ExportTests()
    {
        var clock = new ModelClock();
        var fleet = new SimulatedFleet(clock);
        one = ModelTest.Create(name: "HV1", clock: clock);
        two = ModelTest.Create(name: "HV2", clock: clock);
        fleet.Add(one.Host);
        fleet.Add(two.Host);
        one.Host.AddSwitch("LAN", SwitchKind.External);
        vm = TestVm.Place(one.Host, disk: Disk, switchName: "LAN");
    }

    [Fact]
    public void AnExport_WritesItsTree()
    {
        Snapshot();
        one.Succeed(Export());
        var files = one.Host.Files.List(Share).Select(file => file.Path[Share.Length..]).ToList();
        Assert.Contains($@"\web\Virtual Machines\{vm.Key}.vmcx", files);
        Assert.Contains($@"\web\Snapshots\{vm.Snapshots[0].Id}.vmcx", files);
        Assert.Equal(2, files.Count(file => file.StartsWith(@"\web\Virtual Hard Disks\", StringComparison.Ordinal)));
        Assert.Contains("0x80070050", one.Fail(Export(), 32768).String("ErrorDescription"), StringComparison.Ordinal);
    }

    [Fact]
    public void SettingsOfAnExport_AreFoundFromTheMachine()
    {
        var settings = one.Catalogue.Associators(VmPath.Of(vm), "Msvm_SystemExportSettingData", null).Single().Copy();
        settings["CopyVmStorage"] = false;
        settings["CopySnapshotConfiguration"] = (byte)1;
        settings["CreateVmExportSubdirectory"] = false;
        Snapshot();
        one.Succeed(Export(settings));
        Assert.Equal([$@"{Share}\Virtual Machines\{vm.Key}.vmcx"], one.Host.Files.List(Share).Select(file => file.Path));
        settings["CopySnapshotConfiguration"] = (byte)4;
        Assert.Equal(32773, Export(settings).Number("ReturnValue"));
        settings["CopySnapshotConfiguration"] = (byte)2;
        Assert.Equal(32773, Export(settings).Number("ReturnValue"));
        settings["SnapshotVirtualSystem"] = VmPath.OfSettings(vm.Snapshots[0]).ToObjectPath("HV1");
        one.Succeed(Export(settings));
        Assert.Equal($@"{Share}\Virtual Hard Disks\web.vhdx", one.Host.Files.List(Share + @"\Virtual Hard Disks").Single().Path);
    }

    [Fact]
    public void ARunningMachine_IsExportedWithItsState()
    {
        vm.State = VmState.Running;
        one.Succeed(Export());
        Assert.Contains(one.Host.Files.List(Share), file => file.Path.EndsWith(".vmrs", StringComparison.Ordinal) && file.SizeBytes == 1UL << 30);
        var planned = Import(fresh: true);
        Assert.StartsWith(Share, planned.Configuration.DiskPaths().Single(), StringComparison.Ordinal);
        one.Succeed(one.Call(Service, "RealizePlannedSystem", ("PlannedSystem", VmPath.OfPlanned(planned))));
        Assert.Equal(VmState.Saved, one.Host.Vms[planned.Key].State);
    }

    [Fact]
    public void AnotherHost_ImportsFixesAndRealizesIt()
    {
        Snapshot();
        one.Succeed(Export());
        var planned = Import(two, fresh: false);
        Assert.Equal(vm.Key, planned.Key);
        Assert.Equal("Microsoft:Hyper-V:System:Planned", planned.Configuration.Settings.String("VirtualSystemType"));
        Assert.Single(planned.Snapshots);
        Assert.Equal(2, planned.Configuration.DiskPaths().Concat(planned.Snapshots[0].DiskPaths()).Count(path => path.StartsWith(Share, StringComparison.Ordinal)));

        var validate = two.Call(Service, "ValidatePlannedSystem", ("PlannedSystem", VmPath.OfPlanned(planned)));
        two.Fail(validate, 32768);
        var errors = two.Call(validate.Reference("Job")!, "GetErrorEx").Array<string>("Errors").Select(CimXml.Read).ToList();
        Assert.Contains(errors, error => error.String("Message")!.Contains("'LAN'", StringComparison.Ordinal));
        two.Host.AddSwitch("LAN", SwitchKind.Private, one.Host.Switches[0].Id);
        two.Succeed(two.Call(Service, "ValidatePlannedSystem", ("PlannedSystem", VmPath.OfPlanned(planned))));

        var realize = two.Call(Service, "RealizePlannedSystem", ("PlannedSystem", VmPath.OfPlanned(planned)));
        two.Succeed(realize);
        Assert.Contains(two.Host.Jobs.Find(realize.Reference("Job")!)!.Affected, element => element.Path.Equals(VmPath.Of(planned)) && element.Effects.Contains((ushort)5));
        Assert.Empty(two.Host.PlannedVms);
        Assert.Equal("Microsoft:Hyper-V:System:Realized", two.Host.Vms[vm.Key].Configuration.Settings.String("VirtualSystemType"));
        Assert.Equal(32773, two.Call(Service, "RealizePlannedSystem", ("PlannedSystem", VmPath.OfPlanned(planned))).Number("ReturnValue"));
    }

    [Fact]
    public void TheSameId_CannotBeTwiceOnAHost()
    {
        one.Succeed(Export());
        var file = $@"{Share}\web\Virtual Machines\{vm.Key}.vmcx";
        Assert.Contains("0x800700B7", one.Fail(one.Call(Service, "ImportSystemDefinition", ("SystemDefinitionFile", file), ("GenerateNewSystemIdentifier", false)), 32768).String("ErrorDescription"), StringComparison.Ordinal);
        Assert.NotEqual(vm.Key, Import(fresh: true).Key);
    }

    [Fact]
    public void WhatIsNoConfiguration_CannotBeImported()
    {
        Assert.Contains("0x80070003", one.Fail(one.Call(Service, "ImportSystemDefinition", ("SystemDefinitionFile", @"C:\None\a.vmcx")), 32768).String("ErrorDescription"), StringComparison.Ordinal);
        Assert.Contains("0x80070570", one.Fail(one.Call(Service, "ImportSystemDefinition", ("SystemDefinitionFile", Disk)), 32768).String("ErrorDescription"), StringComparison.Ordinal);
        Assert.Equal(32773, one.Call(Service, "ImportSystemDefinition", ("SystemDefinitionFile", "a.vmcx")).Number("ReturnValue"));
        Assert.Equal(32773, one.Call(Service, "GetDefinitionFileSummaryInformation", ("DefinitionFiles", new[] { Disk })).Number("ReturnValue"));
    }

    [Fact]
    public void ASummary_IsReadFromTheFile()
    {
        one.Succeed(Export());
        var summary = Assert.IsType<CimInstance[]>(two.Call(Service, "GetDefinitionFileSummaryInformation", ("DefinitionFiles", new[] { $@"{Share}\web\Virtual Machines\{vm.Key}.vmcx" }))["SummaryInformation"]).Single();
        Assert.Equal((vm.Key, "web", "notes of web"), (summary.String("Name"), summary.String("ElementName"), summary.String("Notes")));
    }

    [Fact]
    public void AnExport_WithoutRoomLeavesNothing()
    {
        one.Host.Files.Shares.CapacityBytes = 1 << 20;
        one.Fail(Export(), 32768);
        Assert.Empty(one.Host.Files.List(Share));
    }

    [Fact]
    public void AnUpgrade_SetsTheVersion()
    {
        var old = vm.Configuration.Settings.Copy();
        old["Version"] = "9.0";
        vm.Configuration.Settings = old;
        string Upgrade(string version) => CimXml.Write(new CimInstance("Msvm_VirtualSystemUpgradeSettingData") { ["TargetVersion"] = version });
        Assert.Equal(4, one.Call(Service, "UpgradeSystemVersion", ("ComputerSystem", VmPath.Of(vm)), ("UpgradeSettingData", Upgrade("8.0"))).Number("ReturnValue"));
        one.Succeed(one.Call(Service, "UpgradeSystemVersion", ("ComputerSystem", VmPath.Of(vm)), ("UpgradeSettingData", Upgrade("9.1"))));
        Assert.Equal("9.1", vm.Configuration.Settings.String("Version"));
        one.Succeed(one.Call(Service, "UpgradeSystemVersion", ("ComputerSystem", VmPath.Of(vm))));
        Assert.Equal("10.0", vm.Configuration.Settings.String("Version"));
        vm.State = VmState.Running;
        Assert.Equal(5, one.Call(Service, "UpgradeSystemVersion", ("ComputerSystem", VmPath.Of(vm))).Number("ReturnValue"));
    }

    private CimInstance Export(CimInstance? settings = null) => one.Call(
        Service, "ExportSystemDefinition", ("ComputerSystem", VmPath.Of(vm)), ("ExportDirectory", Share), ("ExportSettingData", settings is null ? string.Empty : CimXml.Write(settings)));

    private SimulatedVm Import(bool fresh) => Import(one, fresh);

    private SimulatedVm Import(ModelTest on, bool fresh)
    {
        var answer = on.Call(
            Service,
            "ImportSystemDefinition",
            ("SystemDefinitionFile", $@"{Share}\web\Virtual Machines\{vm.Key}.vmcx"),
            ("SnapshotFolder", vm.Snapshots.Count > 0 ? Share + @"\web\Snapshots" : string.Empty),
            ("GenerateNewSystemIdentifier", fresh));
        on.Succeed(answer);
        var made = on.Host.Jobs.Find(answer.Reference("Job")!)!.Affected.Single(element => element.Effects.Contains((ushort)5)).Path;
        return on.Host.PlannedVms[made["Name"]!];
    }

    private void Snapshot() => one.Succeed(one.Call("Msvm_VirtualSystemSnapshotService", "CreateSnapshot", ("AffectedSystem", VmPath.Of(vm)), ("SnapshotType", (ushort)2)));
}
