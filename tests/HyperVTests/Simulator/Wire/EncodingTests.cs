using System.Xml.Linq;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Wire;
using Xunit;
using static HvPlatform.HyperVTests.Simulator.Wire.WireHost;

namespace HvPlatform.HyperVTests.Simulator.Wire;

public sealed class EncodingTests
{
    private static readonly XNamespace P = Wmi + "Msvm_ComputerSystem";
    private static readonly XNamespace Cim = WsManNames.Cim;

    [Fact]
    public void Get_answers_with_every_property_of_the_schema_in_the_order_of_real_hosts()
    {
        var host = new WireHost();
        var envelope = host.Send(WsManNames.Get, Wmi + "Msvm_ComputerSystem", SystemSelectors(Id), string.Empty);
        var instance = envelope.Element(S + "Body")!.Elements().Single();
        Assert.Equal(P + "Msvm_ComputerSystem", instance.Name);
        Assert.Equal("p:Msvm_ComputerSystem_Type", instance.Attribute(Xsi + "type")!.Value);
        Assert.Equal("uuid:1", envelope.Descendants(A + "RelatesTo").Single().Value);
        Assert.Equal(WsManNames.Get + "Response", envelope.Descendants(A + "Action").Single().Value);
        var schema = CimSchema.Instance.Find("Msvm_ComputerSystem")!.Properties;
        var scalars = schema.Where(property => !property.IsArray || property.Name == "OperationalStatus").Select(property => property.Name);
        Assert.Equal(scalars, instance.Elements().Select(element => element.Name.LocalName).Distinct());
        Assert.Equal(["2", "5"], instance.Elements(P + "OperationalStatus").Select(element => element.Value));
        Assert.Equal("true", instance.Element(P + "Caption")!.Attribute(Xsi + "nil")!.Value);
        Assert.Empty(instance.Elements(P + "StatusDescriptions"));
        Assert.Null(instance.Element(P + "Status")!.Attribute(Xsi + "nil"));
        Assert.Equal("vm0 <&> \"x\"", instance.Element(P + "ElementName")!.Value);
        Assert.Equal("2026-10-08T15:15:36.68424Z", instance.Element(P + "InstallDate")!.Element(Cim + "Datetime")!.Value);
        Assert.Equal("1601-01-01T00:00:00Z", instance.Element(P + "LastReplicationTime")!.Value);
    }

    [Fact]
    public void Intervals_and_booleans_are_written_as_real_hosts_do()
    {
        var host = new WireHost();
        var job = host.Send(WsManNames.Get, Wmi + "Msvm_ConcreteJob", Selectors(("InstanceID", "J1")), string.Empty);
        Assert.Equal("P0DT0H1M1.00417S", job.Descendants(Cim + "Interval").Single().Value);
        var settings = host.Send(WsManNames.Get, Wmi + "Msvm_VirtualSystemSettingData", Selectors(("InstanceID", "Microsoft:" + Id)), string.Empty);
        XNamespace p = Wmi + "Msvm_VirtualSystemSettingData";
        Assert.Equal("true", settings.Descendants(p + "SecureBootEnabled").Single().Value);
        Assert.Equal(["a", string.Empty], settings.Descendants(p + "Notes").Select(element => element.Value));
    }

    [Fact]
    public void The_DMTFs_form_of_resource_URIs_is_answered_in_the_same_form()
    {
        var host = new WireHost();
        var envelope = host.Send(
            WsManNames.Get,
            WsManNames.DmtfResource + "Msvm_ComputerSystem",
            Selectors(("__cimnamespace", "root/virtualization/v2"), ("CreationClassName", "Msvm_ComputerSystem"), ("Name", Id)),
            string.Empty);
        Assert.Equal(XName.Get("Msvm_ComputerSystem", WsManNames.DmtfResource + "Msvm_ComputerSystem"), envelope.Element(S + "Body")!.Elements().Single().Name);
    }

    [Fact]
    public void References_are_endpoint_references_without_an_element_of_their_own()
    {
        var host = new WireHost();
        var item = host.All($"REFERENCES OF {{Msvm_ComputerSystem.CreationClassName='Msvm_ComputerSystem',Name='{Id}'}} WHERE ResultClass = Msvm_SettingsDefineState").Single();
        XNamespace p = Wmi + "Msvm_SettingsDefineState";
        var parameters = item.Element(p + "SettingData")!.Element(A + "ReferenceParameters")!;
        Assert.Equal(Wmi + "Msvm_VirtualSystemSettingData", parameters.Element(W + "ResourceURI")!.Value);
        Assert.Equal("Microsoft:" + Id, parameters.Descendants(W + "Selector").Single(selector => selector.Attribute("Name")!.Value == "InstanceID").Value);
    }

    [Fact]
    public void Embedded_objects_are_nested_in_their_own_namespace_and_texts_are_cleaned()
    {
        var host = new WireHost();
        var body = $"<p:GetSummaryInformation_INPUT xmlns:p=\"{Wmi}Msvm_VirtualSystemManagementService\"><p:RequestedInformation>1</p:RequestedInformation><p:RequestedInformation>4</p:RequestedInformation></p:GetSummaryInformation_INPUT>";
        var envelope = host.Send($"{Wmi}Msvm_VirtualSystemManagementService/GetSummaryInformation", Wmi + "Msvm_VirtualSystemManagementService", Selectors(("CreationClassName", "Msvm_VirtualSystemManagementService")), body);
        XNamespace service = Wmi + "Msvm_VirtualSystemManagementService";
        XNamespace summary = Wmi + "Msvm_SummaryInformation";
        var output = envelope.Element(S + "Body")!.Element(service + "GetSummaryInformation_OUTPUT")!;
        Assert.Equal(2, output.Elements(service + "SummaryInformation").Count());
        Assert.Equal("vm\uFFFD\uFFFD", output.Elements(service + "SummaryInformation").First().Element(summary + "ElementName")!.Value);
        Assert.Equal(service + "ReturnValue", output.Elements().Last().Name);
    }

    [Fact]
    public void Bytes_are_one_base64_text()
    {
        var host = new WireHost();
        var body = $"""
            <p:GetVirtualSystemThumbnailImage_INPUT xmlns:p="{Wmi}Msvm_VirtualSystemManagementService"><p:HeightPixels>2</p:HeightPixels><p:WidthPixels>2</p:WidthPixels><p:TargetSystem><wsa:Address>x</wsa:Address><wsa:ReferenceParameters>
            <wsman:ResourceURI> {Wmi}Msvm_VirtualSystemSettingData </wsman:ResourceURI>{Selectors(("InstanceID", "Microsoft:" + Id))}</wsa:ReferenceParameters></p:TargetSystem></p:GetVirtualSystemThumbnailImage_INPUT>
            """;
        var envelope = host.Send($"{Wmi}Msvm_VirtualSystemManagementService/GetVirtualSystemThumbnailImage", Wmi + "Msvm_VirtualSystemManagementService", Selectors(("CreationClassName", "Msvm_VirtualSystemManagementService")), body);
        Assert.Equal(Convert.ToBase64String([1, 2, 3, 255]), envelope.Descendants(XName.Get("ImageData", Wmi + "Msvm_VirtualSystemManagementService")).Single().Value);
        Assert.Equal(new CimPath("Msvm_VirtualSystemSettingData", ("InstanceID", "Microsoft:" + Id)), host.Calls.Single().Arguments.Reference("TargetSystem"));
    }
}
