using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>Writes libvirt domain XML for a spec; refuses a member it cannot honour by that member's name.</summary>
internal static class DomainXml
{
    // Ports for devices plugged in later: q35 takes them only where a root port is free.
    const int SparePciPorts = 8;

    public static string For(VmId id, VmSpec spec, HostFacts host, LibvirtOptions options)
    {
        Check(spec, options);
        return spec.NativeDefinition is { } native ? FromNative(id, spec, native, options) : Generate(id, spec, host, options);
    }

    static void Check(VmSpec spec, LibvirtOptions options)
    {
        Refuse(spec.Name.Length == 0 || spec.Name.Contains('/') || spec.Name.Any(char.IsControl), "name", "must not be empty and must hold no '/' or control character", options);
        Refuse(spec.Vcpus < 1, "vcpus", $"{spec.Vcpus} is less than 1", options);
        Refuse(spec.MemoryMiB < 1, "memoryMiB", $"{spec.MemoryMiB} is less than 1", options);
        Refuse(spec.Generation is not null, "generation", "is Hyper-V's; libvirt has none", options);
        Refuse(spec.SecureBoot is not null, "secureBoot", "is chosen with the firmware in a nativeDefinition here", options);
        Refuse(spec.Notes?.Any(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r')) == true, "notes", "must hold no control characters", options);
        if (spec.NativeDefinition is not null)
        {
            return;
        }

        for (var i = 0; i < spec.Disks.Count; i++)
        {
            var disk = spec.Disks[i];
            Refuse(string.IsNullOrEmpty(disk.Source) || !Path.IsPathRooted(disk.Source), $"disks[{i}].source", "must be an absolute path", options);
            Refuse(IsLocal(options.Uri) && !Path.Exists(QemuImg.OnHost(options, disk.Source!)), $"disks[{i}].source", $"{disk.Source} does not exist on the host", options);
            Refuse(disk.Target.Length < 3 || Bus(disk.Target) is null, $"disks[{i}].target", $"'{disk.Target}' does not begin with vd, sd or hd", options);
        }

        Refuse(spec.Disks.DistinctBy(d => d.Target).Count() != spec.Disks.Count, "disks", "two have the same target", options);
        for (var i = 0; i < spec.Nics.Count; i++)
        {
            Refuse(string.IsNullOrEmpty(spec.Nics[i].Network), $"nics[{i}].network", "libvirt needs a network or bridge", options);
        }
    }

    /// <summary>True if the URI reaches this machine, so that its files are the host's files.</summary>
    public static bool IsLocal(string uri) => Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed.Host.Length == 0;

    static string FromNative(VmId id, VmSpec spec, string native, LibvirtOptions options)
    {
        XElement domain;
        try
        {
            domain = XElement.Parse(native);
        }
        catch (XmlException e)
        {
            throw LibvirtErrors.Own(ErrorKind.Validation, "definition-invalid", $"nativeDefinition is no XML: {e.Message}", options.Uri);
        }

        Refuse(domain.Name.LocalName != "domain", "nativeDefinition", $"its root is <{domain.Name.LocalName}>, not <domain>", options);
        var name = domain.Element("name")?.Value;
        Refuse(name != spec.Name, "nativeDefinition", $"its name '{name}' is not '{spec.Name}'", options);
        var uuid = domain.Element("uuid")?.Value;
        Refuse(uuid is not null && !(Guid.TryParse(uuid, out var given) && given == id.Value), "nativeDefinition", $"its uuid '{uuid}' is not {id}", options);
        if (uuid is null)
        {
            domain.Element("name")!.AddAfterSelf(new XElement("uuid", id.ToString()));
        }

        return domain.ToString();
    }

    static string Generate(VmId id, VmSpec spec, HostFacts host, LibvirtOptions options)
    {
        var text = new StringBuilder();
        using (var x = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, Indent = true }))
        {
            x.WriteStartElement("domain");
            x.WriteAttributeString("type", host.HasKvm && !options.ForceEmulation ? "kvm" : "qemu");
            x.WriteElementString("name", spec.Name);
            x.WriteElementString("uuid", id.ToString());
            if (!string.IsNullOrEmpty(spec.Notes))
            {
                x.WriteElementString("description", spec.Notes);
            }

            Element(x, "memory", spec.MemoryMiB.ToString(CultureInfo.InvariantCulture), ("unit", "MiB"));
            x.WriteElementString("vcpu", spec.Vcpus.ToString(CultureInfo.InvariantCulture));
            x.WriteStartElement("os");
            Element(x, "type", "hvm", ("arch", host.Architecture), ("machine", host.Architecture == "x86_64" ? "q35" : "virt"));
            Element(x, "boot", null, ("dev", "hd"));
            x.WriteEndElement();
            x.WriteStartElement("features");
            x.WriteElementString("acpi", null);
            x.WriteElementString("apic", null);
            x.WriteEndElement();
            if (host.HasKvm && !options.ForceEmulation)
            {
                Element(x, "cpu", null, ("mode", "host-model"));
            }

            x.WriteElementString("on_poweroff", "destroy");
            x.WriteElementString("on_reboot", "restart");
            x.WriteElementString("on_crash", "destroy");
            x.WriteStartElement("devices");
            foreach (var disk in spec.Disks)
            {
                WriteDisk(x, disk);
            }

            foreach (var nic in spec.Nics)
            {
                WriteNic(x, nic);
            }

            Element(x, "controller", null, ("type", "scsi"), ("index", "0"), ("model", "virtio-scsi"));
            Element(x, "controller", null, ("type", "pci"), ("model", "pcie-root"));
            for (var i = 0; i < spec.Disks.Count + spec.Nics.Count + SparePciPorts; i++)
            {
                Element(x, "controller", null, ("type", "pci"), ("model", "pcie-root-port"));
            }

            WriteConsole(x, spec.Name, options.SerialLogFolder);
            x.WriteEndElement();
            x.WriteEndElement();
        }

        return text.ToString();
    }

    /// <summary>One disk's element, for a domain that is there.</summary>
    public static string Disk(VmDisk disk) => One(x => WriteDisk(x, disk));

    /// <summary>One adapter's element.</summary>
    public static string Nic(VmNic nic) => One(x => WriteNic(x, nic));

    /// <summary>A disk's format: what is said, else what its file's name says. Never what is in it.</summary>
    public static string FormatOf(VmDisk disk) => disk.Format ?? (disk.Source!.EndsWith(".qcow2", StringComparison.Ordinal) ? "qcow2" : "raw");

    static string One(Action<XmlWriter> write)
    {
        var text = new StringBuilder();
        using (var x = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true }))
        {
            write(x);
        }

        return text.ToString();
    }

    static void WriteDisk(XmlWriter x, VmDisk disk)
    {
        var block = disk.Source!.StartsWith("/dev/", StringComparison.Ordinal);
        x.WriteStartElement("disk");
        x.WriteAttributeString("type", block ? "block" : "file");
        x.WriteAttributeString("device", "disk");

        // No host page cache: with one, the destination could read what the source has not yet written.
        Element(x, "driver", null, ("name", "qemu"), ("type", FormatOf(disk)), ("cache", "none"), ("discard", "unmap"));
        Element(x, "source", null, (block ? "dev" : "file", disk.Source));
        Element(x, "target", null, ("dev", disk.Target), ("bus", Bus(disk.Target)!));
        x.WriteEndElement();
    }

    static void WriteNic(XmlWriter x, VmNic nic)
    {
        var bridge = Directory.Exists($"/sys/class/net/{Path.GetFileName(nic.Network)}/bridge");
        x.WriteStartElement("interface");
        x.WriteAttributeString("type", bridge ? "bridge" : "network");
        if (nic.MacAddress.Length > 0)
        {
            Element(x, "mac", null, ("address", nic.MacAddress));
        }

        Element(x, "source", null, (bridge ? "bridge" : "network", nic.Network!));
        Element(x, "model", null, ("type", nic.Model ?? "virtio"));
        x.WriteEndElement();
    }

    static void WriteConsole(XmlWriter x, string vm, string? logFolder)
    {
        x.WriteStartElement("serial");
        x.WriteAttributeString("type", "pty");
        if (logFolder is not null)
        {
            Element(x, "log", null, ("file", $"{logFolder}/{vm}.log"), ("append", "on"));
        }

        Element(x, "target", null, ("port", "0"));
        x.WriteEndElement();
        x.WriteStartElement("video");
        Element(x, "model", null, ("type", "vga"));
        x.WriteEndElement();
        Element(x, "memballoon", null, ("model", "virtio"));
    }

    static string? Bus(string target) => target[..2] switch { "vd" => "virtio", "sd" => "scsi", "hd" => "sata", _ => null };

    static void Element(XmlWriter x, string name, string? text, params (string Name, string Value)[] attributes)
    {
        x.WriteStartElement(name);
        foreach (var (attribute, value) in attributes)
        {
            x.WriteAttributeString(attribute, value);
        }

        if (text is not null)
        {
            x.WriteString(text);
        }

        x.WriteEndElement();
    }

    static void Refuse(bool wrong, string member, string why, LibvirtOptions options)
    {
        if (wrong)
        {
            throw LibvirtErrors.Own(ErrorKind.Validation, "spec-invalid", $"{member}: {why}.", options.Uri, "Correct the named member.");
        }
    }
}
