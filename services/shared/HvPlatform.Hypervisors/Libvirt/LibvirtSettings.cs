using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// The settings facet: notes at any time, processors, their weight and memory while the VM is off, disks and adapters at any time: a running VM gets and loses them at once, and
/// its definition with it. Members that libvirt has no like of are refused by name.
/// </summary>
internal sealed class LibvirtSettings(LibvirtConnector connector, TimeProvider time) : ISettingsDriver
{
    static readonly TimeSpan s_unplugPatience = TimeSpan.FromSeconds(30);
    static readonly TimeSpan s_unplugLook = TimeSpan.FromMilliseconds(100);

    public Task<VmSettingsState> ReadAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            return State(vm, LibvirtSession.NameOf(domain), Xml(s, domain, inactive: false));
        },
        cancellationToken);

    public async Task ChangeAsync(VmId vm, VmSettings settings, CancellationToken cancellationToken)
    {
        var unplugged = await connector.RunAsync(
            s =>
            {
                using var domain = s.Lookup(vm);
                return new SettingsChange(s, domain, vm, settings).Apply();
            },
            cancellationToken);
        foreach (var device in unplugged)
        {
            await UnpluggedAsync(vm, device, cancellationToken);
        }
    }

    /// <summary>The MAC address of an adapter that was given a name and no address: the same each time, so that adding it again adds nothing.</summary>
    public static string MacOf(VmId vm, string adapter)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{vm}/{adapter}"));
        return string.Create(CultureInfo.InvariantCulture, $"52:54:00:{hash[0]:x2}:{hash[1]:x2}:{hash[2]:x2}");
    }

    /// <summary>A domain's XML, of what runs or of what its next start is made from.</summary>
    public static XElement Xml(LibvirtSession session, DomainHandle domain, bool inactive) =>
        XElement.Parse(session.Text(Vir.virDomainGetXMLDesc(domain, inactive ? VirConst.XmlInactive | VirConst.XmlSecure : 0), $"Cannot read the definition of VM {LibvirtSession.NameOf(domain)}"));

    public static IEnumerable<XElement> Disks(XElement domain) => domain.Element("devices")?.Elements("disk") ?? [];

    public static IEnumerable<XElement> Adapters(XElement domain) => domain.Element("devices")?.Elements("interface") ?? [];

    public static string? PathOf(XElement disk) => (string?)disk.Element("source")?.Attribute("file") ?? (string?)disk.Element("source")?.Attribute("dev");

    public static string? MacOf(XElement adapter) => ((string?)adapter.Element("mac")?.Attribute("address"))?.ToLowerInvariant();

    /// <summary>libvirt asks the guest to let go of a device and does not wait for long; a guest without a driver for that never does.</summary>
    async Task UnpluggedAsync(VmId vm, UnpluggedDevice device, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var (there, name, where) = await connector.RunAsync(
                s =>
                {
                    using var domain = s.Lookup(vm);
                    return (device.IsIn(Xml(s, domain, inactive: false)), LibvirtSession.NameOf(domain), s.Where);
                },
                cancellationToken);
            if (!there)
            {
                return;
            }

            if (time.GetElapsedTime(since) > s_unplugPatience)
            {
                throw LibvirtErrors.Own(
                    ErrorKind.Timeout,
                    "guest-holds-device",
                    string.Create(CultureInfo.InvariantCulture, $"The guest of VM {name} was asked to let go of {device.Name} and still holds it after {s_unplugPatience.TotalSeconds} s; it is out of the definition already."),
                    where,
                    "Unmount it in the guest and ask again, or stop the VM.");
            }

            await Task.Delay(s_unplugLook, time, cancellationToken);
        }
    }

    static VmSettingsState State(VmId vm, string name, XElement domain) => new()
    {
        VmId = vm,
        Name = name,
        Notes = (string?)domain.Element("description"),
        Processor = new VmProcessorSettings
        {
            Count = int.TryParse((string?)domain.Element("vcpu")?.Attribute("current") ?? (string?)domain.Element("vcpu"), CultureInfo.InvariantCulture, out var count) ? count : 1,
            Weight = int.TryParse((string?)domain.Element("cputune")?.Element("shares"), CultureInfo.InvariantCulture, out var shares) ? shares : null,
        },
        Memory = new VmMemorySettings { StartupMiB = DomainDetails.MiB(domain.Element("memory")) },
        Disks = [.. Disks(domain).Select((d, i) => new VmDiskState
        {
            Controller = (string?)d.Element("target")?.Attribute("bus") ?? "",
            ControllerNumber = Number(d.Element("address"), "controller"),
            Location = d.Element("address")?.Attribute("unit") is null ? i : Number(d.Element("address"), "unit"),
            Kind = (string?)d.Attribute("device") switch { "cdrom" => "dvd", "floppy" => "floppy", _ => "disk" },
            Path = PathOf(d),
        })],
        Adapters = [.. Adapters(domain).Select(a => new VmAdapterState
        {
            Id = MacOf(a) ?? "",
            Name = (string?)a.Element("target")?.Attribute("dev") ?? MacOf(a) ?? "",
            MacAddress = MacOf(a),
            Switch = (string?)a.Element("source")?.Attribute("network") ?? (string?)a.Element("source")?.Attribute("bridge"),
        })],
    };

    static int Number(XElement? address, string name) => int.TryParse((string?)address?.Attribute(name), CultureInfo.InvariantCulture, out var n) ? n : 0;
}

/// <summary>A device that the guest has been asked to let go of.</summary>
internal sealed record UnpluggedDevice(string Name, Func<XElement, bool> IsIn);
