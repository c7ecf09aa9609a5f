using System.Globalization;
using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>Where the running domain's VNC or SPICE server listens, from its live XML: ports are given at the start. Passwords are not read.</summary>
internal sealed class LibvirtDisplay(LibvirtConnector connector) : IDisplayDriver
{
    public Task<VmDisplay> FindAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            var name = LibvirtSession.NameOf(domain);
            var active = DomainState.IsActive(s.State(domain).State);
            var graphics = XElement.Parse(s.Text(Vir.virDomainGetXMLDesc(domain, 0), $"Cannot read the definition of VM {name}"))
                .Element("devices")?.Elements("graphics").FirstOrDefault(g => (string?)g.Attribute("type") is "vnc" or "spice");
            if (graphics is null)
            {
                throw LibvirtErrors.Own(
                    ErrorKind.Unsupported, "no-graphics", $"VM {name} has no VNC or SPICE screen.", s.Where, "Define it with a <graphics type='vnc'/> in its nativeDefinition.");
            }

            if (!active)
            {
                throw LibvirtErrors.Own(ErrorKind.InvalidState, "invalid-state", $"VM {name} is off; its screen gets an address when it starts.", s.Where, "Start it.");
            }

            return (Port(graphics, "port") ?? Port(graphics, "tlsPort")) is not { } port
                ? throw LibvirtErrors.Own(ErrorKind.Unsupported, "no-graphics", $"The screen of VM {name} is reached by a socket of its host only.", s.Where)
                : new VmDisplay((string)graphics.Attribute("type")!, Address(graphics), port, Port(graphics, "websocket"));
        },
        cancellationToken);

    static string Address(XElement graphics) =>
        (string?)graphics.Attribute("listen") ?? (string?)graphics.Elements("listen").FirstOrDefault()?.Attribute("address") ?? "127.0.0.1";

    static int? Port(XElement graphics, string name) =>
        int.TryParse((string?)graphics.Attribute(name), CultureInfo.InvariantCulture, out var port) && port > 0 ? port : null;
}
