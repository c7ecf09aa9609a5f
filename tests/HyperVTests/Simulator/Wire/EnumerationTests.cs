using System.Xml.Linq;
using HvPlatform.HyperVSimulator.Wire;
using Xunit;
using static HvPlatform.HyperVTests.Simulator.Wire.WireHost;

namespace HvPlatform.HyperVTests.Simulator.Wire;

public sealed class EnumerationTests
{
    private static readonly string System1 = $"{{Msvm_ComputerSystem.CreationClassName='Msvm_ComputerSystem',Name='{Id}'}}";

    [Fact]
    public void Pull_without_MaxElements_gives_one_item_and_the_last_one_comes_with_the_end()
    {
        var host = new WireHost(vms: 2);
        var answer = host.Query("SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER");
        var first = host.Pull(answer);
        Assert.Single(first.Descendants(N + "Items").Single().Elements());
        Assert.Empty(first.Descendants(N + "EndOfSequence"));
        var last = host.Pull(first);
        Assert.Single(last.Descendants(N + "Items").Single().Elements());
        Assert.Single(last.Descendants(N + "EndOfSequence"));
        Assert.Empty(last.Descendants(N + "EnumerationContext"));
        Assert.Equal(("n:InvalidEnumerationContext", 0x8033801Bu), FaultOf(host.Pull(answer)));
        Assert.Equal(0, host.Service.OpenEnumerations);
    }

    [Theory]
    [InlineData("SELECT * FROM Msvm_ComputerSystem", 4)]
    [InlineData("SELECT * FROM CIM_ComputerSystem", 4)]
    [InlineData("SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER AND Name = '" + Id + "'", 1)]
    [InlineData("select Name, ElementName from Msvm_ComputerSystem where EnabledState=3", 4)]
    [InlineData("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'nobody'", 0)]
    public void Queries_select(string wql, int expected) => Assert.Equal(expected, new WireHost().All(wql).Count);

    [Fact]
    public void A_projection_gives_only_the_properties_selected()
    {
        var items = new WireHost().All("select Name, InstallDate from Msvm_ComputerSystem");
        Assert.All(items, item => Assert.Equal(["InstallDate", "Name"], item.Elements().Select(element => element.Name.LocalName)));
    }

    [Fact]
    public void Associators_follow_the_association()
    {
        var items = new WireHost().All($"ASSOCIATORS OF {System1} WHERE AssocClass = Msvm_SettingsDefineState ResultClass = Msvm_VirtualSystemSettingData");
        Assert.Equal("Microsoft:" + Id, items.Single().Element(XName.Get("InstanceID", Wmi + "Msvm_VirtualSystemSettingData"))!.Value);
    }

    [Theory]
    [InlineData("AssociatedInstances", "Msvm_VirtualSystemSettingData")]
    [InlineData("AssociationInstances", "Msvm_SettingsDefineState")]
    public void The_association_dialect_works_too(string what, string expected)
    {
        var host = new WireHost();
        var filter = $"""
            <wsman:Filter Dialect="http://schemas.dmtf.org/wbem/wsman/1/cimbinding/AssociationFilter" xmlns:b="{WsManNames.CimBinding}"><b:{what}><b:Object><wsa:Address>x</wsa:Address><wsa:ReferenceParameters>
            <wsman:ResourceURI>{Wmi}Msvm_ComputerSystem</wsman:ResourceURI>{SystemSelectors(Id)}</wsa:ReferenceParameters></b:Object><b:AssociationClassName>Msvm_SettingsDefineState</b:AssociationClassName></b:{what}></wsman:Filter>
            """;
        var items = host.Drain(host.Send(WsManNames.Enumerate, Wmi + "*", string.Empty, $"<wsen:Enumerate>{filter}</wsen:Enumerate>"));
        Assert.Equal(expected, items.Single().Name.LocalName);
    }

    [Fact]
    public void The_selector_dialect_works_too()
    {
        var host = new WireHost();
        var filter = $"<wsman:Filter Dialect=\"{WsManNames.SelectorDialect}\">{Selectors(("Name", Id))}</wsman:Filter>";
        Assert.Single(host.Drain(host.Send(WsManNames.Enumerate, Wmi + "Msvm_ComputerSystem", string.Empty, $"<wsen:Enumerate>{filter}</wsen:Enumerate>")));
    }

    [Fact]
    public void Endpoint_references_come_alone_or_with_the_objects()
    {
        var host = new WireHost();
        const string Query = "SELECT * FROM Msvm_ComputerSystem WHERE Name = '" + Id + "'";
        var alone = host.Drain(host.Query(Query, "<wsman:EnumerationMode>EnumerateEPR</wsman:EnumerationMode>")).Single();
        Assert.Equal(A + "EndpointReference", alone.Name);
        Assert.Equal(Id, alone.Descendants(W + "Selector").Single(selector => selector.Attribute("Name")!.Value == "Name").Value);
        var both = host.Drain(host.Query(Query, "<wsman:EnumerationMode>EnumerateObjectAndEPR</wsman:EnumerationMode>")).Single();
        Assert.Equal(W + "Item", both.Name);
        Assert.Equal(["Msvm_ComputerSystem", "EndpointReference"], both.Elements().Select(element => element.Name.LocalName));
        Assert.Equal("w:UnsupportedFeature", FaultOf(host.Query(Query, "<wsman:EnumerationMode>Everything</wsman:EnumerationMode>")).Subcode);
    }

    [Fact]
    public void An_optimised_enumeration_brings_items_at_once()
    {
        var host = new WireHost(vms: 3);
        var all = host.Query("SELECT * FROM Msvm_ComputerSystem", "<wsman:OptimizeEnumeration/><wsman:MaxElements>100</wsman:MaxElements>");
        Assert.Equal(4, all.Descendants(W + "Items").Single().Elements().Count());
        Assert.Equal(string.Empty, all.Descendants(N + "EnumerationContext").Single().Value);
        Assert.Single(all.Descendants(W + "EndOfSequence"));
        var some = host.Query("SELECT * FROM Msvm_ComputerSystem", "<wsman:OptimizeEnumeration/><wsman:MaxElements>3</wsman:MaxElements>");
        Assert.Equal(3, some.Descendants(W + "Items").Single().Elements().Count());
        Assert.Empty(some.Descendants(W + "EndOfSequence"));
        Assert.Single(host.Drain(some));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<wsman:OptimizeEnumeration/><wsman:MaxElements>100000</wsman:MaxElements>")]
    public void Items_that_do_not_fit_the_envelope_wait_for_the_next_Pull(string optimised)
    {
        var host = new WireHost(vms: 400);
        const string Limit = "<wsman:MaxEnvelopeSize>100000</wsman:MaxEnvelopeSize>";
        var answer = host.Query("SELECT * FROM Msvm_ComputerSystem", optimised, Limit);
        Assert.InRange(host.LastBytes, 1, 100_000);
        var items = answer.Descendants(W + "Items").SelectMany(one => one.Elements()).ToList();
        while (!answer.Descendants(N + "EndOfSequence").Any())
        {
            answer = host.Pull(answer, "<wsen:MaxElements>100000</wsen:MaxElements>", Limit);
            Assert.InRange(host.LastBytes, 1, 100_000);
            items.AddRange(answer.Descendants(N + "Items").Single().Elements());
        }

        Assert.Equal(401, items.Select(item => item.Element(XName.Get("Name", Wmi + "Msvm_ComputerSystem"))!.Value).Distinct().Count());
        Assert.Equal(401, items.Count);
    }

    [Theory]
    [InlineData(600_000, 0x80338049u)]
    [InlineData(100_000, 0x80338048u)]
    public void A_single_answer_that_does_not_fit_is_a_fault(int limit, uint code)
    {
        var host = new WireHost();
        var information = string.Concat(Enumerable.Repeat("<p:RequestedInformation>1</p:RequestedInformation>", 1000));
        var envelope = host.Send(
            $"{Wmi}Msvm_VirtualSystemManagementService/GetSummaryInformation",
            Wmi + "Msvm_VirtualSystemManagementService",
            Selectors(("CreationClassName", "Msvm_VirtualSystemManagementService")),
            $"<p:GetSummaryInformation_INPUT xmlns:p=\"{Wmi}Msvm_VirtualSystemManagementService\">{information}</p:GetSummaryInformation_INPUT>",
            $"<wsman:MaxEnvelopeSize>{limit}</wsman:MaxEnvelopeSize>");
        Assert.Equal(("w:EncodingLimit", code), FaultOf(envelope));
    }

    [Fact]
    public void Release_ends_an_enumeration()
    {
        var host = new WireHost();
        var answer = host.Query("SELECT * FROM Msvm_ComputerSystem");
        var context = answer.Descendants(N + "EnumerationContext").Single().Value;
        var released = host.Send(WsManNames.Release, Wmi + "*", string.Empty, $"<wsen:Release><wsen:EnumerationContext>{context}</wsen:EnumerationContext></wsen:Release>");
        Assert.Equal(WsManNames.Release + "Response", released.Descendants(A + "Action").Single().Value);
        Assert.Equal("n:InvalidEnumerationContext", FaultOf(host.Pull(answer)).Subcode);
    }
}
