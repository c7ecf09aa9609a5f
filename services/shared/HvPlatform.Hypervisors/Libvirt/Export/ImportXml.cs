using System.Xml;
using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.Packages;

namespace HvPlatform.Hypervisors.Libvirt.Export;

/// <summary>An exported domain's XML made the imported VM's: name, id, disk paths, networks, and the import's mark.</summary>
static class ImportXml
{
    /// <summary>The namespace of the mark in a domain's metadata: which import made it.</summary>
    static readonly XNamespace s_mark = "https://hvplatform.dev/xmlns/import/1";

    const int LargestCharacters = 4 << 20;

    public static XElement Parse(string xml, string where)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, MaxCharactersInDocument = LargestCharacters });
            var root = XElement.Load(reader);
            return root.Name.LocalName == "domain" ? root : throw Broken($"its root is <{root.Name.LocalName}>, not <domain>");
        }
        catch (XmlException e)
        {
            throw Broken($"it is no XML: {e.Message}");
        }

        HypervisorException Broken(string why) => LibvirtErrors.Own(ErrorKind.Validation, "definition-invalid", $"The definition cannot be used: {why}.", where, "Export the VM again.");
    }

    /// <summary>The import that made a domain; null if none did.</summary>
    public static string? ImportedBy(XElement domain) => domain.Element("metadata")?.Element(s_mark + "import")?.Attribute("operation")?.Value;

    /// <summary>The path of the firmware's variables; null if there is none.</summary>
    public static string? FirmwareOf(XElement domain) => domain.Element("os")?.Element("nvram") is { } nvram
        ? nvram.Element("source")?.Attribute("file")?.Value ?? (nvram.Value.Trim() is { Length: > 0 } path ? path : null)
        : null;

    /// <summary>The paths that a domain uses and that no other may write to: its disks with what they lie upon, and its firmware's variables.</summary>
    public static IEnumerable<string> PathsOf(XElement domain) =>
        (domain.Element("devices")?.Elements("disk") ?? []).SelectMany(d => d.Descendants("source")).Select(PathOf).Append(FirmwareOf(domain)).OfType<string>();

    /// <summary>The paths that a domain would write to. Media that are only read may be of many.</summary>
    public static IEnumerable<string> WrittenBy(XElement domain) => (domain.Element("devices")?.Elements("disk") ?? [])
        .Where(d => d.Element("readonly") is null && d.Attribute("device")?.Value is not "cdrom")
        .Select(d => PathOf(d.Element("source"))).Append(FirmwareOf(domain)).OfType<string>();

    static string? PathOf(XElement? source) => (source?.Attribute("file") ?? source?.Attribute("dev"))?.Value;

    /// <param name="domain">The exported definition; changed.</param>
    /// <param name="request">What of it is to be changed.</param>
    /// <param name="name">The VM's name.</param>
    /// <param name="disks">Paths by target device.</param>
    /// <param name="firmware">The path of the firmware's variables; null lets libvirt make new ones.</param>
    public static string Adapt(XElement domain, ImportRequest request, string name, IReadOnlyDictionary<string, string> disks, string? firmware)
    {
        domain.SetElementValue("name", name);
        domain.SetElementValue("uuid", request.Vm.ToString());
        domain.Attribute("id")?.Remove();
        var metadata = domain.Element("metadata");
        metadata?.Elements(XName.Get("vm", DomainDetails.MetadataNamespace)).Remove();
        metadata?.Elements(s_mark + "import").Remove();
        if (metadata is null)
        {
            domain.Element("uuid")!.AddAfterSelf(metadata = new XElement("metadata"));
        }

        metadata.Add(new XElement(s_mark + "import", new XAttribute(XNamespace.Xmlns + "hvimport", s_mark), new XAttribute("operation", request.Operation.ToString())));
        foreach (var disk in domain.Element("devices")?.Elements("disk") ?? [])
        {
            disk.Elements("backingStore").Remove();
            if (disk.Element("target")?.Attribute("dev")?.Value is { } target && disks.GetValueOrDefault(target) is { } path)
            {
                disk.SetAttributeValue("type", "file");
                disk.Element("source")?.Remove();
                disk.Element("target")!.AddBeforeSelf(new XElement("source", new XAttribute("file", path)));
            }
        }

        foreach (var nic in domain.Element("devices")?.Elements("interface") ?? [])
        {
            if (request.Settings.NewId)
            {
                // Two VMs with one address on one network disturb each other.
                nic.Elements("mac").Remove();
            }

            var source = nic.Element("source");
            foreach (var attribute in new[] { "network", "bridge" }.Select(a => source?.Attribute(a)).OfType<XAttribute>())
            {
                attribute.Value = PackageRules.Mapped(request.Settings.Networks, attribute.Value) ?? attribute.Value;
            }
        }

        if (domain.Element("os")?.Element("nvram") is { } nvram)
        {
            // The path in the definition is of the VM that was exported, and is deleted with it.
            nvram.RemoveNodes();
            nvram.Attribute("type")?.Remove();
            if (firmware is not null)
            {
                nvram.Value = firmware;
            }
            else if (nvram.Attribute("template") is null)
            {
                nvram.Remove();
            }
        }

        return domain.ToString();
    }
}
