using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Network;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class VmSettingsTests
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private readonly ModelTest one = ModelTest.Create();

    [Fact]
    public void DefineSystem_MakesTheDevicesOfItsGeneration()
    {
        var first = Define(("ElementName", "one"));
        Assert.Equal(1, first.Generation);
        Assert.Equal(2, first.Configuration.Resources.Count(resource => resource.String("ResourceSubType") == "Microsoft:Hyper-V:Emulated IDE Controller"));
        var second = Define(("ElementName", "two"), ("VirtualSystemSubType", "Microsoft:Hyper-V:SubType:2"), ("Notes", new[] { "a", "b" }));
        Assert.True(second.Configuration.Settings.Boolean("SecureBootEnabled"));
        Assert.Equal(["a"], second.Configuration.Settings.Array<string>("Notes"));
        Assert.DoesNotContain(second.Configuration.Resources, resource => resource.Number("ResourceType") == 5);
        Define(("ElementName", "two"));
        Assert.Equal(32773L, one.Call(Service, "DefineSystem", ("SystemSettings", Text("Msvm_VirtualSystemSettingData", ("VirtualSystemSubType", "Microsoft:Hyper-V:SubType:3")))).Number("ReturnValue"));
        Assert.Equal(32773L, one.Call(Service, "DefineSystem", ("SystemSettings", "<INSTANCE")).Number("ReturnValue"));
    }

    [Fact]
    public void DestroySystem_NeedsTheMachineOff()
    {
        var vm = one.Host.AddVm(new NewVm("web") { State = VmState.Running });
        Assert.Equal(32775L, one.Call(Service, "DestroySystem", ("AffectedSystem", vm.Path)).Number("ReturnValue"));
        one.Succeed(one.Call(vm.Path, "RequestStateChange", ("RequestedState", (ushort)3)));
        one.Succeed(one.Call(Service, "DestroySystem", ("AffectedSystem", vm.Path)));
        Assert.Null(one.Catalogue.Get(vm.Path));
        Assert.Equal(32773L, one.Call(Service, "DestroySystem", ("AffectedSystem", vm.Path)).Number("ReturnValue"));
        Assert.Equal(32773L, one.Call(Service, "DestroySystem", ("AffectedSystem", one.Host.Path)).Number("ReturnValue"));
    }

    [Theory]
    [InlineData("ElementName", "", 32773)]
    [InlineData("CreationTime", "20260101000000.000000+000", 32773)]
    [InlineData("Version", "10.0", 32773)]
    [InlineData("VirtualSystemIdentifier", "X", 32773)]
    [InlineData("ElementName", "renamed", 0)]
    public void ModifySystemSettings_TakesOnlyWhatMayBeChanged(string property, string value, long expected)
    {
        var vm = one.Host.AddVm(new NewVm("web"));
        object given = property == "CreationTime" && CimDateTime.TryParse(value, out var moment) ? moment : value;
        Assert.Equal(expected, ModifySystem(vm, (property, given)).Number("ReturnValue"));
        Assert.Equal(expected == 0 ? value : "web", vm.Name);
    }

    [Fact]
    public void ModifySystemSettings_ChecksRangesAndStates()
    {
        var vm = one.Host.AddVm(new NewVm("web") { Disks = [new NewVmDisk(@"C:\web.vhdx")], Switches = [""] });
        Assert.Equal(32773L, ModifySystem(vm, ("AutomaticStartupAction", (ushort)7)).Number("ReturnValue"));
        Assert.Equal(32773L, ModifySystem(vm, ("SecureBootTemplateId", "5c5b03be-0000-0000-0000-000000000000")).Number("ReturnValue"));
        var order = vm.Configuration.Settings.Array<string>("BootSourceOrder");
        Assert.Equal(2, order.Count);
        Assert.Equal(32773L, ModifySystem(vm, ("BootSourceOrder", new[] { order[0] })).Number("ReturnValue"));
        Assert.Equal(0L, ModifySystem(vm, ("BootSourceOrder", order.Reverse().ToArray())).Number("ReturnValue"));
        Assert.Equal(order.Reverse(), vm.Configuration.Settings.Array<string>("BootSourceOrder"));
        one.Succeed(one.Call(vm.Path, "RequestStateChange", ("RequestedState", (ushort)2)));
        Assert.Equal(32775L, ModifySystem(vm, ("SecureBootEnabled", false)).Number("ReturnValue"));
        one.Succeed(ModifySystem(vm, ("Notes", new[] { "while it runs" })));
        Assert.Equal(["while it runs"], vm.Configuration.Settings.Array<string>("Notes"));
    }

    [Theory]
    [InlineData("Msvm_ProcessorSettingData", "VirtualQuantity", 0, 32773)]
    [InlineData("Msvm_ProcessorSettingData", "VirtualQuantity", 33, 32773)]
    [InlineData("Msvm_ProcessorSettingData", "VirtualQuantity", 4, 0)]
    [InlineData("Msvm_ProcessorSettingData", "Limit", 100_001, 32773)]
    [InlineData("Msvm_ProcessorSettingData", "Limit", 50_000, 0)]
    [InlineData("Msvm_MemorySettingData", "VirtualQuantity", 1023, 32773)]
    [InlineData("Msvm_MemorySettingData", "VirtualQuantity", 16, 32773)]
    [InlineData("Msvm_MemorySettingData", "VirtualQuantity", 4096, 0)]
    public void ModifyResourceSettings_ChecksTheDocumentedRanges(string className, string property, long value, long expected)
    {
        var vm = one.Host.AddVm(new NewVm("web"));
        Assert.Equal(expected, ModifyResource(vm, className, (property, (ulong)value)).Number("ReturnValue"));
        Assert.Equal(expected == 0, vm.Configuration.Of(className).Single().Number(property) == value);
    }

    [Fact]
    public void ModifyResourceSettings_IsAllOrNothing()
    {
        var vm = one.Host.AddVm(new NewVm("web") { Processors = 2 });
        var texts = new[] { Change(vm, "Msvm_ProcessorSettingData", ("VirtualQuantity", 4UL)), Change(vm, "Msvm_MemorySettingData", ("VirtualQuantity", 3UL)) };
        Assert.Equal(32773L, one.Call(Service, "ModifyResourceSettings", ("ResourceSettings", texts)).Number("ReturnValue"));
        Assert.Equal(2L, vm.Configuration.Of("Msvm_ProcessorSettingData").Single().Number("VirtualQuantity"));
        Assert.Equal(32773L, ModifyResource(vm, "Msvm_ProcessorSettingData", ("ResourceType", (ushort)4)).Number("ReturnValue"));
    }

    [Fact]
    public void Disk_IsAddedToADriveOnAController_FromTheDefaults()
    {
        var vm = Define(("ElementName", "web"), ("VirtualSystemSubType", "Microsoft:Hyper-V:SubType:2"));
        one.Host.AddVm(new NewVm("other") { Disks = [new NewVmDisk(@"C:\data.vhdx")] });
        var controller = Add(vm, Default("Microsoft:Hyper-V:Synthetic SCSI Controller"));
        var drive = Default("Microsoft:Hyper-V:Synthetic Disk Drive");
        drive["Parent"] = controller.ToObjectPath("HV1");
        drive["AddressOnParent"] = "5";
        var drivePath = Add(vm, drive);
        Assert.EndsWith(@"\5\D", drivePath["InstanceID"], StringComparison.Ordinal);
        Assert.Equal(32773L, TryAdd(vm, drive).Number("ReturnValue"));
        var disk = Default("Microsoft:Hyper-V:Virtual Hard Disk");
        disk["Parent"] = drivePath.ToObjectPath("HV1");
        disk["HostResource"] = new[] { @"C:\missing.vhdx" };
        Assert.Equal(32779L, TryAdd(vm, disk).Number("ReturnValue"));
        disk["HostResource"] = new[] { @"C:\data.vhdx" };
        var diskPath = Add(vm, disk);
        Assert.Equal(32773L, one.Call(Service, "RemoveResourceSettings", ("ResourceSettings", new[] { drivePath })).Number("ReturnValue"));
        one.Succeed(one.Call(Service, "RemoveResourceSettings", ("ResourceSettings", new[] { diskPath })));
        one.Succeed(one.Call(Service, "RemoveResourceSettings", ("ResourceSettings", new[] { drivePath })));
        Assert.Empty(vm.Configuration.Settings.Array<string>("BootSourceOrder"));
    }

    [Fact]
    public void Adapter_IsConnectedToASwitch_WhileTheMachineRuns()
    {
        var lan = one.Host.AddSwitch("LAN", SwitchKind.Private);
        var vm = one.Host.AddVm(new NewVm("web") { State = VmState.Running });
        var answer = TryAdd(vm, Default("Microsoft:Hyper-V:Synthetic Ethernet Port"));
        one.Succeed(answer);
        var adapter = Assert.Single(one.Catalogue.Associators(answer.Reference("Job")!, "Msvm_AffectedJobElement", "Msvm_SyntheticEthernetPortSettingData"));
        Assert.Contains(one.Catalogue.References(answer.Reference("Job")!, "Msvm_AffectedJobElement"), reference => reference.Array<ushort>("ElementEffects").Contains((ushort)5));
        var connection = Default("Microsoft:Hyper-V:Ethernet Connection");
        connection["Parent"] = one.Catalogue.PathOf(adapter).ToObjectPath("HV1");
        connection["HostResource"] = new[] { @"\\HV1\root\virtualization\v2:Msvm_VirtualEthernetSwitch.CreationClassName=""Msvm_VirtualEthernetSwitch"",Name=""X""" };
        Assert.Equal(32773L, TryAdd(vm, connection).Number("ReturnValue"));
        connection["HostResource"] = new[] { lan.Path.ToObjectPath("HV1") };
        one.Succeed(TryAdd(vm, connection));
        Assert.Equal(["LAN"], Summary(vm, 9).Array<string>("VirtualSwitchNames"));
    }

    [Fact]
    public void SettingsByJob_GivesResultsOnlyThroughTheJob()
    {
        var other = ModelTest.Create(new SimulatedHostOptions { SettingsByJob = true });
        var vm = other.Host.AddVm(new NewVm("web"));
        var answer = other.Call(Service, "AddResourceSettings", ("AffectedConfiguration", VmPath.OfSettings(vm.Configuration)), ("ResourceSettings", new[] { CimXml.Write(Default("Microsoft:Hyper-V:Synthetic SCSI Controller")) }));
        Assert.Null(answer["ResultingResourceSettings"]);
        other.Succeed(answer);
        Assert.Single(other.Catalogue.Associators(answer.Reference("Job")!, "Msvm_AffectedJobElement", "Msvm_ResourceAllocationSettingData"));
    }

    [Fact]
    public void Summary_HasWhatWasAskedAndNothingElse()
    {
        var vm = one.Host.AddVm(new NewVm("web") { State = VmState.Running, MaximumMemoryMb = 8192, Notes = "n" });
        one.Host.AddVm(new NewVm("db"));
        var summary = Summary(vm, 1, 100, 104);
        Assert.Equal("web", summary.String("ElementName"));
        Assert.Equal(2L, summary.Number("EnabledState"));
        Assert.Equal(2L, summary.Number("Heartbeat"));
        Assert.Equal(["ElementName", "EnabledState", "Heartbeat", "InstanceID"], summary.Properties.Where(pair => pair.Value is not null).Select(pair => pair.Key));
        Assert.Equal(2, one.Call(Service, "GetSummaryInformation", ("RequestedInformation", new uint[] { 0 })).Array<CimInstance>("SummaryInformation").Count);
        Assert.Equal(32773L, one.Call(Service, "GetSummaryInformation", ("RequestedInformation", new uint[] { 77 })).Number("ReturnValue"));
        Assert.Equal(32773L, one.Call(Service, "GetSummaryInformation", ("SettingData", new[] { new CimPath("Msvm_VirtualSystemSettingData", ("InstanceID", "Microsoft:X")) }), ("RequestedInformation", new uint[] { 0 })).Number("ReturnValue"));
    }

    [Fact]
    public void Load_ChangesWithTime_AndIsTheSameAgain()
    {
        var loads = Loads(one);
        Assert.True(loads.Distinct().Count() > 3);
        Assert.Equal(loads, Loads(ModelTest.Create()));

        static List<long?> Loads(ModelTest test)
        {
            var vm = test.Host.AddVm(new NewVm("web") { State = VmState.Running });
            return [.. Enumerable.Range(0, 20).Select(_ =>
            {
                test.Pass(TimeSpan.FromSeconds(5));
                return Assert.Single(test.Catalogue.Associators(vm.Path, "Msvm_ComputerSystemSummaryInformation", null)).Number("ProcessorLoad");
            })];
        }
    }

    [Fact]
    public void Tpm_NeedsAKeyProtector()
    {
        var vm = one.Host.AddVm(new NewVm("web"));
        var wanted = Change(vm, "Msvm_SecuritySettingData", ("TpmEnabled", true));
        Assert.Equal(5L, one.Call("Msvm_SecurityService", "ModifySecuritySettings", ("SecuritySettingData", wanted)).Number("ReturnValue"));
        one.Succeed(one.Call("Msvm_SecurityService", "SetKeyProtector", ("SecuritySettingData", wanted), ("KeyProtector", new byte[] { 1, 2, 3 })));
        one.Succeed(one.Call("Msvm_SecurityService", "ModifySecuritySettings", ("SecuritySettingData", wanted)));
        Assert.Single(one.Catalogue.Associators(vm.Path, "Msvm_SystemDevice", "Msvm_TPM"));
    }

    private SimulatedVm Define(params (string, object?)[] settings)
    {
        var answer = one.Call(Service, "DefineSystem", ("SystemSettings", Text("Msvm_VirtualSystemSettingData", settings)));
        Assert.Equal(0L, answer.Number("ReturnValue"));
        return one.Host.FindVm(answer.Reference("ResultingSystem"))!;
    }

    private CimInstance ModifySystem(SimulatedVm vm, params (string, object?)[] changes) =>
        one.Call(Service, "ModifySystemSettings", ("SystemSettings", Text("Msvm_VirtualSystemSettingData", [("InstanceID", vm.Configuration.Settings["InstanceID"]), .. changes])));

    private CimInstance ModifyResource(SimulatedVm vm, string className, params (string, object?)[] changes) => one.Call(Service, "ModifyResourceSettings", ("ResourceSettings", new[] { Change(vm, className, changes) }));

    private static string Change(SimulatedVm vm, string className, params (string, object?)[] changes) => Text(className, [("InstanceID", vm.Configuration.Of(className).Single()["InstanceID"]), .. changes]);

    private CimInstance Summary(SimulatedVm vm, params uint[] asked) =>
        Assert.Single(one.Call(Service, "GetSummaryInformation", ("SettingData", new[] { VmPath.OfSettings(vm.Configuration) }), ("RequestedInformation", asked)).Array<CimInstance>("SummaryInformation"));

    /// <summary>The default settings of a kind, found as drivers find them: from the pool over its capabilities.</summary>
    private CimInstance Default(string subType)
    {
        var pool = one.Catalogue.Enumerate(CimPath.Virtualization, "CIM_ResourcePool").Single(found => found.String("ResourceSubType") == subType && found.Boolean("Primordial") == true);
        var capabilities = Assert.Single(one.Catalogue.Associators(one.Catalogue.PathOf(pool), "Msvm_ElementCapabilities", "Msvm_AllocationCapabilities"));
        var role = one.Catalogue.References(one.Catalogue.PathOf(capabilities), "Msvm_SettingsDefineCapabilities").Single(found => found.Number("ValueRole") == 0);
        return one.Catalogue.Get(role.Reference("PartComponent")!)!.Copy();
    }

    private CimInstance TryAdd(SimulatedVm vm, CimInstance settings) =>
        one.Call(Service, "AddResourceSettings", ("AffectedConfiguration", VmPath.OfSettings(vm.Configuration)), ("ResourceSettings", new[] { CimXml.Write(settings) }));

    private CimPath Add(SimulatedVm vm, CimInstance settings)
    {
        var answer = TryAdd(vm, settings);
        Assert.Equal(0L, answer.Number("ReturnValue"));
        return Assert.Single(answer.Array<CimPath>("ResultingResourceSettings"));
    }

    private static string Text(string className, params (string Name, object? Value)[] properties)
    {
        var instance = new CimInstance(className);
        foreach (var (name, value) in properties)
        {
            instance[name] = value;
        }

        return CimXml.Write(instance);
    }
}
