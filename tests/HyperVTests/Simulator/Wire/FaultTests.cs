using HvPlatform.HyperVSimulator.Wire;
using Xunit;
using static HvPlatform.HyperVTests.Simulator.Wire.WireHost;

namespace HvPlatform.HyperVTests.Simulator.Wire;

public sealed class FaultTests
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private readonly WireHost host = new();

    [Fact]
    public void What_is_not_there_or_not_named_by_all_its_keys_is_unreachable()
    {
        Assert.Equal(("a:DestinationUnreachable", 0x80338000u), FaultOf(host.Send(WsManNames.Get, Wmi + "Msvm_ComputerSystem", SystemSelectors("nobody"), string.Empty)));
        Assert.Equal(("a:DestinationUnreachable", 0x80338000u), FaultOf(host.Send(WsManNames.Get, Wmi + "Msvm_ComputerSystem", Selectors(("Name", Id)), string.Empty)));
        Assert.Equal(("w:InternalError", 0x8004102Fu), FaultOf(host.Send(WsManNames.Get, Wmi + "Msvm_ComputerSystem", string.Empty, string.Empty)));
        Assert.Equal(("w:InvalidSelectors", 0x8033805Bu), FaultOf(host.Send(WsManNames.Get, Wmi + "Msvm_ComputerSystem", Selectors(("Colour", "red")), string.Empty)));
    }

    [Fact]
    public void An_unknown_class_is_told_from_a_filter_that_makes_no_sense()
    {
        Assert.Equal(("n:CannotProcessFilter", 0x8033801Au), FaultOf(host.Query("SELECT * FROM Msvm_Nothing")));
        Assert.Equal(("a:DestinationUnreachable", 0x8033801Au), FaultOf(host.Send(WsManNames.Get, Wmi + "Msvm_Nothing", Selectors(("Name", "x")), string.Empty)));
        Assert.Equal("n:CannotProcessFilter", FaultOf(host.Query("SELECT * FROM WHERE")).Subcode);
        Assert.Equal("n:FilterDialectRequestedUnavailable", FaultOf(host.Send(WsManNames.Enumerate, Wmi + "*", string.Empty, "<wsen:Enumerate><wsman:Filter Dialect=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">x</wsman:Filter></wsen:Enumerate>")).Subcode);
        Assert.Equal(0x803380FBu, FaultOf(host.Send(WsManNames.Enumerate, Wmi + "Msvm_ComputerSystem", string.Empty, $"<wsen:Enumerate><wsman:Filter Dialect=\"{WsManNames.WqlDialect}\">SELECT * FROM Msvm_ComputerSystem</wsman:Filter></wsen:Enumerate>")).Code);
    }

    [Theory]
    [InlineData("http://schemas.xmlsoap.org/ws/2004/09/transfer/Put")]
    [InlineData("http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete")]
    [InlineData("http://schemas.xmlsoap.org/ws/2004/08/eventing/Subscribe")]
    [InlineData(Wmi + "Msvm_ComputerSystem/Explode")]
    public void What_a_host_does_not_do_is_an_action_not_supported(string action) =>
        Assert.Equal("a:ActionNotSupported", FaultOf(host.Send(action, Wmi + "Msvm_ComputerSystem", SystemSelectors(Id), string.Empty)).Subcode);

    [Fact]
    public void Resource_URIs_name_a_class_of_one_namespace()
    {
        Assert.Equal("a:DestinationUnreachable", FaultOf(host.Send(WsManNames.Get, "http://example.org/x", SystemSelectors(Id), string.Empty)).Subcode);
        Assert.Equal("w:InvalidSelectors", FaultOf(host.Send(WsManNames.Get, Wmi + "Msvm_ComputerSystem", Selectors(("__cimnamespace", "root/cimv2")), string.Empty)).Subcode);
    }

    [Theory]
    [InlineData("<wsman:MaxEnvelopeSize>100</wsman:MaxEnvelopeSize>", "w:EncodingLimit")]
    [InlineData("<wsman:MaxEnvelopeSize>large</wsman:MaxEnvelopeSize>", "a:InvalidMessageInformationHeader")]
    [InlineData("<wsman:OperationTimeout>soon</wsman:OperationTimeout>", "w:InvalidTimeout")]
    [InlineData("<wsman:FragmentTransfer>x</wsman:FragmentTransfer>", "w:UnsupportedFeature")]
    [InlineData("<x:Strange xmlns:x=\"urn:x\" s:mustUnderstand=\"true\"/>", "")]
    public void Headers_that_cannot_be_honoured_are_faults(string header, string subcode) =>
        Assert.Equal(subcode, FaultOf(host.Send(WsManNames.Get, Wmi + "Msvm_ComputerSystem", SystemSelectors(Id), string.Empty, header)).Subcode);

    [Theory]
    [InlineData("")]
    [InlineData("<s:Envelope")]
    [InlineData("<!DOCTYPE s [<!ENTITY x \"y\">]><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"/>")]
    [InlineData("<Envelope/>")]
    [InlineData("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"/>")]
    [InlineData("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body/></s:Envelope>")]
    [InlineData("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header/><s:Body/></s:Envelope>")]
    public void What_is_no_request_gets_a_fault(string text) => Assert.Equal(500, host.Post(text).Status);

    [Fact]
    public void Deep_or_endless_XML_gets_a_fault()
    {
        Assert.Equal(500, host.Post(string.Concat(Enumerable.Repeat("<a>", 20_000))).Status);
        Assert.Equal(500, host.Post("<a>" + string.Concat(Enumerable.Repeat("<b/>", 100_000)) + "</a>").Status);
        Assert.Equal(500, host.Post("<a>" + new string('x', 3_000_000) + "</a>").Status);
    }

    [Theory]
    [InlineData("<p:Colour>red</p:Colour>", 0x80338055u)]
    [InlineData("<p:RequestedState>lots</p:RequestedState>", 0x80338054u)]
    [InlineData("<p:RequestedState>2</p:RequestedState><p:RequestedState>3</p:RequestedState>", 0x80338054u)]
    [InlineData("<p:TimeoutPeriod>tomorrow</p:TimeoutPeriod>", 0x80338054u)]
    public void Arguments_are_those_of_the_schema(string arguments, uint code) => Assert.Equal(("w:InvalidParameter", code), FaultOf(Invoke("Msvm_ComputerSystem", "RequestStateChange", SystemSelectors(Id), arguments)));

    [Fact]
    public void Arguments_are_typed()
    {
        Invoke("Msvm_ComputerSystem", "RequestStateChange", SystemSelectors(Id), $"<p:RequestedState>2</p:RequestedState><p:TimeoutPeriod><c:Interval xmlns:c=\"{WsManNames.Cim}\">PT5S</c:Interval></p:TimeoutPeriod>");
        var (_, target, arguments) = Assert.Single(host.Calls);
        Assert.Equal(Id, target["Name"]);
        Assert.Equal((ushort)2, arguments["RequestedState"]);
        Assert.Equal(TimeSpan.FromSeconds(5), arguments.Interval("TimeoutPeriod"));
    }

    [Fact]
    public void Embedded_texts_come_as_an_array_and_a_service_is_named_by_its_class_alone()
    {
        var answer = Invoke(Service, "ModifyResourceSettings", Selectors(("CreationClassName", Service)), "<p:ResourceSettings>&lt;INSTANCE/&gt;</p:ResourceSettings><p:ResourceSettings><![CDATA[<B/>]]></p:ResourceSettings>");
        Assert.Equal("0", answer.Descendants().Single(element => element.Name.LocalName == "ReturnValue").Value);
        Assert.Equal(["<INSTANCE/>", "<B/>"], Assert.Single(host.Calls).Arguments.Array<string>("ResourceSettings"));
    }

    private System.Xml.Linq.XElement Invoke(string className, string method, string selectors, string arguments) =>
        host.Send($"{Wmi}{className}/{method}", Wmi + className, selectors, $"<p:{method}_INPUT xmlns:p=\"{Wmi}{className}\">{arguments}</p:{method}_INPUT>");
}
