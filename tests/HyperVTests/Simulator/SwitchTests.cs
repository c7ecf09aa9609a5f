using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Network;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class SwitchTests
{
    private const string Service = "Msvm_VirtualEthernetSwitchManagementService";
    private readonly ModelTest test = ModelTest.Create();

    [Fact]
    public void ASwitch_LeadsToItsSettingsAndConnections()
    {
        var made = test.Host.AddSwitch("LAN", SwitchKind.External);
        Assert.Equal("LAN", test.Catalogue.Get(made.Path)!.String("ElementName"));
        var settings = test.Catalogue.Associators(made.Path, "Msvm_SettingsDefineState", null).Single();
        Assert.Equal("Msvm_VirtualEthernetSwitchSettingData", settings.ClassName);
        var connections = test.Catalogue.Associators(test.Catalogue.PathOf(settings), "Msvm_VirtualSystemSettingDataComponent", "Msvm_EthernetPortAllocationSettingData").ToList();
        Assert.Equal(2, connections.Count);
        Assert.True(CimPath.TryParse(connections[0].Array<string>("HostResource")[0], out var adapter));
        Assert.True(test.Catalogue.Get(adapter!)!.Boolean("IsBound"));
        Assert.Single(test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_InternalEthernetPort"));
    }

    [Fact]
    public void DefineSystem_MakesASwitchAndDestroySystemEndsIt()
    {
        var adapter = test.Catalogue.PathOf(test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_ExternalEthernetPort").First());
        var answer = Define("Blue", adapter);
        Assert.Equal(0, answer.Number("ReturnValue"));
        var path = answer.Reference("ResultingSystem")!;
        Assert.Equal(SwitchKind.External, test.Host.Switches.Single().Kind);
        Assert.Equal(5, Define("Red", adapter).Number("ReturnValue"));
        Assert.Single(test.Host.Switches);
        Assert.Equal(4, test.Call(Service, "DestroySystem", ("AffectedSystem", new CimPath("Msvm_VirtualEthernetSwitch", ("CreationClassName", "Msvm_VirtualEthernetSwitch"), ("Name", "X")))).Number("ReturnValue"));
        Assert.Equal(0, test.Call(Service, "DestroySystem", ("AffectedSystem", path)).Number("ReturnValue"));
        Assert.Empty(test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_VirtualEthernetSwitch"));
    }

    [Fact]
    public void ASwitch_HasAPortForEachMachineThatRuns()
    {
        var made = test.Host.AddSwitch("LAN", SwitchKind.Internal);
        var vm = test.Host.AddVm(new NewVm("web") { Switches = ["LAN", string.Empty], State = VmState.Running });
        var ports = test.Catalogue.Associators(made.Path, "Msvm_SystemDevice", "Msvm_EthernetSwitchPort").ToList();
        Assert.Equal(2, ports.Count);
        var connections = ports.Select(port => test.Catalogue.Associators(test.Catalogue.PathOf(port), "Msvm_ElementSettingData", null).Single());
        Assert.Single(connections, connection => connection.String("InstanceID")!.Contains(vm.Key, StringComparison.Ordinal));
        vm.Enter(VmState.Off, test.Host.Clock.GetUtcNow());
        Assert.Single(test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_EthernetSwitchPort"));
    }

    [Fact]
    public void ModifySystemSettings_RenamesAndKeepsWhatIsReadOnly()
    {
        var made = test.Host.AddSwitch("LAN", SwitchKind.Private);
        var changed = made.Settings.Copy();
        changed["ElementName"] = "WAN";
        changed["VirtualSystemType"] = "x";
        Assert.Equal(0, test.Call(Service, "ModifySystemSettings", ("SystemSettings", CimXml.Write(changed))).Number("ReturnValue"));
        Assert.Equal("WAN", made.Name);
        Assert.Equal("DMTF:Virtual Ethernet Switch", made.Settings.String("VirtualSystemType"));
    }

    private CimInstance Define(string name, CimPath adapter) => test.Call(
        Service,
        "DefineSystem",
        ("SystemSettings", CimXml.Write(new CimInstance("Msvm_VirtualEthernetSwitchSettingData") { ["ElementName"] = name })),
        ("ResourceSettings", new[] { CimXml.Write(new CimInstance("Msvm_EthernetPortAllocationSettingData") { ["HostResource"] = new[] { adapter.ToObjectPath("HV1") } }) }));
}
