using System.Text;
using System.Xml.Linq;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Network;
using HvPlatform.HyperVSimulator.Wire;
using HvPlatform.HyperVTests.Simulator.Wire;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator.Foreign;

/// <summary>
/// The requests that libvirt's own Hyper-V driver sends (recorded from virsh with openwsman against this simulator; ids replaced): each is answered as libvirt needs it.
/// Where that virsh is at hand, <see cref="VirshTests"/> runs it.
/// </summary>
public sealed class LibvirtRequestTests
{
    private static readonly Guid Vm = Guid.Parse("11111111-2222-3333-4444-555555555555");
    private static readonly Guid Fresh = Guid.Parse("66666666-2222-3333-4444-555555555555");
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Simulator/Foreign/Libvirt");

    private readonly ModelTest model = ModelTest.Create();
    private readonly WsManService service;
    private readonly SimulatedVm vm;

    public LibvirtRequestTests()
    {
        service = new WsManService(model.Catalogue, TimeProvider.System, "10.0.20348");
        lock (model.Host.Gate)
        {
            model.Host.AddSwitch("LAN", SwitchKind.External, Guid.Parse("77777777-2222-3333-4444-aaaaaaaaaaaa"));
        }

        vm = model.Host.AddVm(new NewVm("vm0001") { Id = Vm, Generation = 1, Disks = [new NewVmDisk(@"C:\Users\Public\Documents\Hyper-V\Virtual hard disks\vm0001.vhdx")], Switches = ["LAN"] });
        model.Host.AddVm(new NewVm("newvm") { Id = Fresh, Generation = 1 });
    }

    public static TheoryData<string> Queries => [.. Files().Where(name => !name.Contains("-invoke-", StringComparison.Ordinal))];

    public static TheoryData<string> Calls => [.. Files().Where(name => name.Contains("-invoke-", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Queries))]
    public void Queries_find_what_libvirt_looks_for(string name)
    {
        var answer = Post(Request(name));
        var items = 0;
        var context = answer.Descendants(WireHost.N + "EnumerationContext").Single().Value;
        for (XElement pulled; ; items++)
        {
            pulled = Post(Pull(context));
            if (!pulled.Descendants(WireHost.N + "Items").Single().Elements().Any())
            {
                break;
            }

            if (pulled.Descendants(WireHost.N + "EndOfSequence").Any())
            {
                items++;
                break;
            }
        }

        Assert.Equal(name.EndsWith("ConcreteJob", StringComparison.Ordinal), items == 0);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Calls_succeed_as_libvirt_expects(string name)
    {
        lock (model.Host.Gate)
        {
            if (name.Contains("Change-9", StringComparison.Ordinal) || name.Contains("Change-6", StringComparison.Ordinal) || name.Contains("Change-3", StringComparison.Ordinal)
                || name.Contains("Change-10", StringComparison.Ordinal) || name.Contains("Key", StringComparison.Ordinal) || name.Contains("Shutdown", StringComparison.Ordinal) || name.Contains("Thumbnail", StringComparison.Ordinal))
            {
                vm.Enter(VmState.Running, model.Host.Timeline.Now);
                vm.Guest.BootedAt = model.Host.Timeline.Now - TimeSpan.FromHours(1);
            }
        }

        // What hangs on something that the request before it made.
        if ((name.Contains("EthernetPortAllocation", StringComparison.Ordinal) ? "Msvm_SyntheticEthernetPortSettingData" : name.EndsWith("-disk", StringComparison.Ordinal) ? "-drive" : null) is { } before)
        {
            Post(Request(Files().Single(other => other.EndsWith(before, StringComparison.Ordinal) && other.Contains("AddResourceSettings", StringComparison.Ordinal))));
        }

        var output = Post(Request(name)).Element(WireHost.S + "Body")!.Elements().Single();
        Assert.Contains(output.Elements().Last().Value, (string[])["0", "4096"]);
        if (output.Elements().Last().Value == "4096")
        {
            var job = output.Elements().Single(element => element.Name.LocalName == "Job").Descendants(WireHost.W + "Selector").Single(selector => selector.Attribute("Name")!.Value == "InstanceID");
            Assert.NotEmpty(job.Value);
        }
    }

    private static IEnumerable<string> Files() => Directory.GetFiles(Folder, "*.xml").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    private string Request(string name)
    {
        var adapter = vm.Configuration.Of("Msvm_SyntheticEthernetPortSettingData").FirstOrDefault() ?? vm.Configuration.Of("Msvm_EmulatedEthernetPortSettingData").First();
        return File.ReadAllText(Path.Combine(Folder, name + ".xml")).Replace("@ADAPTER@", adapter.String("InstanceID")!.Split('\\')[^1], StringComparison.Ordinal);
    }

    private static string Pull(string context) => $"""
        <s:Envelope xmlns:s="{WsManNames.Soap}" xmlns:wsa="{WsManNames.Addressing}" xmlns:wsman="{WsManNames.WsMan}" xmlns:wsen="{WsManNames.Enumeration}"><s:Header><wsa:Action s:mustUnderstand="true">{WsManNames.Pull}</wsa:Action>
        <wsman:ResourceURI s:mustUnderstand="true">{WireHost.Wmi}Msvm_ComputerSystem</wsman:ResourceURI><wsa:MessageID s:mustUnderstand="true">uuid:1</wsa:MessageID></s:Header><s:Body><wsen:Pull><wsen:EnumerationContext>{context}</wsen:EnumerationContext></wsen:Pull></s:Body></s:Envelope>
        """;

    private XElement Post(string envelope)
    {
        var reply = service.Answer(WsManRequest.Read(Encoding.UTF8.GetBytes(envelope), null, out _));
        var text = Encoding.UTF8.GetString(reply.Body);
        Assert.True(reply.Status == 200, text);
        return XElement.Parse(text);
    }
}
