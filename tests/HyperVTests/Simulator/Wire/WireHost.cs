using System.Globalization;
using System.Text;
using System.Xml.Linq;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Wire;

namespace HvPlatform.HyperVTests.Simulator.Wire;

/// <summary>A few instances behind the WS-Management service, and requests as clients write them.</summary>
internal sealed class WireHost
{
    public const string Wmi = WsManNames.WmiResource + CimPath.Virtualization + "/";
    public const string Id = "11111111-2222-3333-4444-555555555555";

    public static readonly XNamespace S = WsManNames.Soap;
    public static readonly XNamespace A = WsManNames.Addressing;
    public static readonly XNamespace W = WsManNames.WsMan;
    public static readonly XNamespace N = WsManNames.Enumeration;
    public static readonly XNamespace Xsi = WsManNames.SchemaInstance;

    public WireHost(int vms = 3)
    {
        Catalogue = new CimCatalogue("HV1");
        var systems = Enumerable.Range(0, vms).Select(Vm).Prepend(System("HV1", "HV1")).ToList();
        Register("Msvm_ComputerSystem", systems);
        var settings = Enumerable.Range(0, vms).Select(index => Settings(IdOf(index))).ToList();
        Register("Msvm_VirtualSystemSettingData", settings);
        Register("Msvm_ConcreteJob", [Job()]);
        Register("Msvm_VirtualSystemManagementService", [ManagementService()]);
        Catalogue.Associate(
            "Msvm_SettingsDefineState",
            "ManagedElement",
            "SettingData",
            system => settings.Where(one => one.String("InstanceID") == "Microsoft:" + system["Name"]).Select(Catalogue.PathOf),
            setting => systems.Where(one => "Microsoft:" + one.String("Name") == setting["InstanceID"]).Select(Catalogue.PathOf));
        Catalogue.Method("Msvm_ComputerSystem", "RequestStateChange", (path, arguments) => Called("RequestStateChange", path, arguments, CimBlank.Result(4096, ("Job", new CimPath("Msvm_ConcreteJob", ("InstanceID", "J1"))))));
        Catalogue.Method("Msvm_VirtualSystemManagementService", "ModifyResourceSettings", (path, arguments) => Called("ModifyResourceSettings", path, arguments, CimBlank.Result(0)));
        Catalogue.Method("Msvm_VirtualSystemManagementService", "GetSummaryInformation", (path, arguments) => Called(
            "GetSummaryInformation", path, arguments, CimBlank.Result(0, ("SummaryInformation", arguments.Array<uint>("RequestedInformation").Select(_ => Summary()).ToArray()))));
        Catalogue.Method("Msvm_VirtualSystemManagementService", "GetVirtualSystemThumbnailImage", (path, arguments) => Called(
            "GetVirtualSystemThumbnailImage", path, arguments, CimBlank.Result(0, ("ImageData", new byte[] { 1, 2, 3, 255 }))));
        Service = new WsManService(Catalogue, TimeProvider.System, "10.0.20348");
    }

    public CimCatalogue Catalogue { get; }

    public WsManService Service { get; }

    public List<(string Method, CimPath Target, CimInstance Arguments)> Calls { get; } = [];

    public static string IdOf(int index) => index == 0 ? Id : $"{index:00000000}-0000-0000-0000-000000000000";

    /// <summary>Sends a header and a body; the answer's envelope.</summary>
    public XElement Send(string action, string resource, string selectors, string body, string header = "") =>
        Post($"""
            <s:Envelope xmlns:s="{S}" xmlns:wsa="{A}" xmlns:wsman="{W}" xmlns:wsen="{N}"><s:Header><wsa:Action s:mustUnderstand="true">{action}</wsa:Action><wsa:To>http://hv1:5985/wsman</wsa:To>
            <wsman:ResourceURI s:mustUnderstand="true"> {resource}
            </wsman:ResourceURI><wsa:MessageID>uuid:1</wsa:MessageID><wsa:ReplyTo><wsa:Address>{WsManNames.Anonymous}</wsa:Address></wsa:ReplyTo>{header}{selectors}</s:Header><s:Body>{body}</s:Body></s:Envelope>
            """).Envelope;

    public (int Status, XElement Envelope) Post(string envelope)
    {
        string? id = null;
        WsManReply reply;
        try
        {
            reply = Service.Answer(WsManRequest.Read(Encoding.UTF8.GetBytes(envelope), null, out id));
        }
        catch (WsManFault fault)
        {
            reply = Service.Fault(fault, id);
        }

        LastBytes = reply.Body.Length;
        return (reply.Status, XElement.Parse(Encoding.UTF8.GetString(reply.Body)));
    }

    public int LastBytes { get; private set; }

    public XElement Query(string wql, string more = "", string header = "") => Send(
        WsManNames.Enumerate, Wmi + "*", string.Empty, $"<wsen:Enumerate>{more}<wsman:Filter Dialect=\"{WsManNames.WqlDialect}\">{new XText(wql)}</wsman:Filter></wsen:Enumerate>", header);

    public XElement Pull(XElement answer, string more = "", string header = "") => Send(
        WsManNames.Pull, Wmi + "*", string.Empty, $"<wsen:Pull><wsen:EnumerationContext>{answer.Descendants(N + "EnumerationContext").Single().Value}</wsen:EnumerationContext>{more}</wsen:Pull>", header);

    /// <summary>All items of a query, pulled to its end.</summary>
    public List<XElement> All(string wql, int maxElements = 100) => Drain(Query(wql), maxElements);

    public List<XElement> Drain(XElement answer, int maxElements = 100)
    {
        var items = new List<XElement>();
        do
        {
            answer = Pull(answer, $"<wsen:MaxElements>{maxElements.ToString(CultureInfo.InvariantCulture)}</wsen:MaxElements>");
            items.AddRange(answer.Descendants(N + "Items").Single().Elements());
        }
        while (!answer.Descendants(N + "EndOfSequence").Any());
        return items;
    }

    public static string Selectors(params (string Name, string Value)[] selectors) =>
        $"<wsman:SelectorSet>{string.Concat(selectors.Select(one => $"<wsman:Selector Name=\"{one.Name}\">{one.Value}</wsman:Selector>"))}</wsman:SelectorSet>";

    public static string SystemSelectors(string name) => Selectors(("CreationClassName", "Msvm_ComputerSystem"), ("Name", name));

    /// <summary>The fault's subcode and code.</summary>
    public static (string Subcode, uint Code) FaultOf(XElement envelope)
    {
        var fault = envelope.Element(S + "Body")!.Element(S + "Fault") ?? throw new InvalidOperationException($"No fault: {envelope}");
        return (fault.Descendants(S + "Subcode").SingleOrDefault()?.Value ?? string.Empty, (uint)fault.Descendants(XName.Get("WSManFault", WsManNames.Fault)).First().Attribute("Code")!);
    }

    private CimInstance Called(string method, CimPath path, CimInstance arguments, CimInstance result)
    {
        Calls.Add((method, path, arguments));
        return result;
    }

    private void Register(string className, IReadOnlyList<CimInstance> instances) =>
        Catalogue.Add(className, () => instances, path => instances.FirstOrDefault(one => path.Keys.All(key => key.Value.Equals(one.String(key.Name), StringComparison.OrdinalIgnoreCase))));

    private static CimInstance Vm(int index) => System(IdOf(index), $"vm{index} <&> \"x\"");

    private static CimInstance System(string name, string elementName)
    {
        var system = CimBlank.Of("Msvm_ComputerSystem");
        system["CreationClassName"] = "Msvm_ComputerSystem";
        system["Name"] = name;
        system["ElementName"] = elementName;
        system["EnabledState"] = (ushort)3;
        system["OperationalStatus"] = new ushort[] { 2, 5 };
        system["Status"] = string.Empty;
        system["InstallDate"] = new CimDateTime(new DateTimeOffset(2026, 10, 8, 17, 15, 36, TimeSpan.FromHours(2)).AddMicroseconds(684240));
        system["LastReplicationTime"] = new CimDateTime(CimDateTime.Never);
        return system;
    }

    private static CimInstance Settings(string name)
    {
        var settings = CimBlank.Of("Msvm_VirtualSystemSettingData");
        settings["InstanceID"] = "Microsoft:" + name;
        settings["SecureBootEnabled"] = true;
        settings["Notes"] = new[] { "a", string.Empty };
        return settings;
    }

    private static CimInstance Job()
    {
        var job = CimBlank.Of("Msvm_ConcreteJob");
        job["InstanceID"] = "J1";
        job["ElapsedTime"] = new CimDateTime(TimeSpan.FromSeconds(61) + TimeSpan.FromMicroseconds(4170));
        return job;
    }

    private static CimInstance ManagementService()
    {
        var service = CimBlank.Of("Msvm_VirtualSystemManagementService");
        service["CreationClassName"] = "Msvm_VirtualSystemManagementService";
        service["SystemCreationClassName"] = "Msvm_ComputerSystem";
        service["SystemName"] = "HV1";
        service["Name"] = "vmms";
        return service;
    }

    private static CimInstance Summary()
    {
        var summary = CimBlank.Of("Msvm_SummaryInformation");
        summary["InstanceID"] = "Microsoft:" + Id;
        summary["ElementName"] = "vm\u0001\uD800";
        return summary;
    }
}
