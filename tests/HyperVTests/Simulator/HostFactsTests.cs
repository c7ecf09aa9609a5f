using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Network;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class HostFactsTests
{
    private readonly ModelTest test = ModelTest.Create();

    [Fact]
    public void Versions_AreFoundFromTheCapabilities()
    {
        var capabilities = test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_VirtualSystemManagementCapabilities").Single();
        var path = test.Catalogue.PathOf(capabilities);
        var links = test.Catalogue.References(path, "Msvm_SettingsDefineCapabilities").ToList();
        var definitions = test.Catalogue.Associators(path, "Msvm_SettingsDefineCapabilities", "Msvm_VirtualSystemSettingData").ToList();
        Assert.Equal(links.Count, definitions.Count);
        string? Version(CimInstance link) => test.Catalogue.Get(link.Reference("PartComponent")!)!.String("Version");
        Assert.Equal(test.Host.Options.VmVersions, links.Where(link => link.Number("ValueRole") == 3).Select(Version).Where(version => version is not null));
        Assert.Equal("10.0", Version(links.Single(link => link.Number("ValueRole") == 0)));
        Assert.Contains(definitions, one => one.String("InstanceID") == @"Microsoft:Definition\VirtualSystem\SecureBootTemplateId\1734c6e8-3154-4dda-ba5f-a874cc483422");
        Assert.Contains(definitions, one => one.String("InstanceID") == @"Microsoft:Definition\VirtualSystem\GuestStateIsolationType\1");
    }

    [Fact]
    public void NumaNodesAndGpus_AreThere()
    {
        var nodes = test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_NumaNode").ToList();
        Assert.Equal(test.Host.Options.NumaNodes, nodes.Count);
        Assert.Equal(test.Host.Options.Processors, nodes.Sum(node => node.Number("NumberOfLogicalProcessors")));
        Assert.All(nodes, node => Assert.NotNull(test.Catalogue.Get(test.Catalogue.PathOf(node))));
        var gpu = test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_PartitionableGpu").Single();
        Assert.Contains((ushort)gpu.Number("PartitionCount")!, gpu.Array<ushort>("ValidPartitionCounts"));
        Assert.Empty(test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_ReplicationRelationship"));
    }

    [Fact]
    public void AVlan_IsSetChangedAndTakenAway()
    {
        const string Service = "Msvm_VirtualSystemManagementService";
        test.Host.AddSwitch("LAN", SwitchKind.Private);
        var vm = TestVm.Place(test.Host, switchName: "LAN");
        var connection = test.Catalogue.PathOf(vm.Configuration.Of("Msvm_EthernetPortAllocationSettingData").Single());
        var vlan = new CimInstance("Msvm_EthernetSwitchPortVlanSettingData") { ["OperationMode"] = 1u, ["AccessVlanId"] = (ushort)42 };
        var added = test.Call(Service, "AddFeatureSettings", ("AffectedConfiguration", connection), ("FeatureSettings", new[] { CimXml.Write(vlan) }));
        var path = added.Array<CimPath>("ResultingFeatureSettings").Single();
        Assert.Equal(42, test.Catalogue.Get(path)!.Number("AccessVlanId"));
        Assert.Equal(4, test.Call(Service, "AddFeatureSettings", ("AffectedConfiguration", connection), ("FeatureSettings", new[] { CimXml.Write(vlan) })).Number("ReturnValue"));

        var changed = test.Catalogue.Get(path)!.Copy();
        changed["AccessVlanId"] = (ushort)4095;
        Assert.Equal(4, test.Call(Service, "ModifyFeatureSettings", ("FeatureSettings", new[] { CimXml.Write(changed) })).Number("ReturnValue"));
        changed["AccessVlanId"] = (ushort)7;
        Assert.Equal(0, test.Call(Service, "ModifyFeatureSettings", ("FeatureSettings", new[] { CimXml.Write(changed) })).Number("ReturnValue"));
        Assert.Equal(7, test.Catalogue.Get(path)!.Number("AccessVlanId"));
        Assert.Equal(0, test.Call(Service, "RemoveFeatureSettings", ("FeatureSettings", new[] { path })).Number("ReturnValue"));
        Assert.Null(test.Catalogue.Get(path));
    }

    [Fact]
    public void EachFeature_HasADefault()
    {
        foreach (var capability in test.Catalogue.Enumerate(CimPath.Virtualization, "Msvm_EthernetSwitchFeatureCapabilities"))
        {
            var link = test.Catalogue.References(test.Catalogue.PathOf(capability), "Msvm_FeatureSettingsDefineCapabilities").Single();
            Assert.Equal(0, link.Number("ValueRole"));
            Assert.Contains(capability.String("FeatureId")!, link.Reference("PartComponent")!["InstanceID"], StringComparison.Ordinal);
        }
    }
}
