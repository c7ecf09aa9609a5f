using System.Globalization;
using System.Text;
using System.Xml;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>Writes requests. A text that XML cannot carry (a control character) is <see cref="CimErrorKind.InvalidRequest"/>.</summary>
internal sealed class EnvelopeWriter(WsManOptions options)
{
    private static readonly XmlWriterSettings Settings = new()
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
        OmitXmlDeclaration = true,
        CheckCharacters = true,
        NewLineHandling = NewLineHandling.Entitize,
    };

    private readonly string operationTimeout = XmlConvert.ToString(options.OperationTimeout);

    public static WsManRequest Identify() => Build(null, "Identify", xml =>
    {
        xml.WriteStartElement("s", "Envelope", WsManNames.Soap);
        xml.WriteElementString("s", "Header", WsManNames.Soap, null);
        xml.WriteStartElement("s", "Body", WsManNames.Soap);
        xml.WriteElementString("wsmid", "Identify", WsManNames.Identity, null);
        xml.WriteEndElement();
        xml.WriteEndElement();
    });

    /// <summary>All instances of a class.</summary>
    public WsManRequest Enumerate(string nameSpace, string className, int maxElements) =>
        Enumerate($"Enumerate {className}", WsManNames.Resource(nameSpace, className), maxElements, null);

    /// <summary>The instances that a WQL query selects.</summary>
    public WsManRequest Query(string nameSpace, string wql, int maxElements) => Enumerate(
        Shorten(wql),
        WsManNames.Resource(nameSpace, "*"),
        maxElements,
        xml =>
        {
            xml.WriteAttributeString("Dialect", WsManNames.WqlDialect);
            xml.WriteString(wql);
        });

    /// <summary>What an ASSOCIATORS OF or REFERENCES OF query asks, in the association dialect.</summary>
    public WsManRequest Associations(WqlQuery query, int maxElements) => Enumerate(
        $"{query.Kind} of {query.Source}",
        WsManNames.Resource(query.Source!.Namespace, "*"),
        maxElements,
        xml =>
        {
            var themselves = query.Kind is WqlKind.References;
            xml.WriteAttributeString("Dialect", WsManNames.AssociationDialect);
            xml.WriteStartElement("b", themselves ? "AssociationInstances" : "AssociatedInstances", WsManNames.Binding);
            xml.WriteStartElement("b", "Object", WsManNames.Binding);
            WriteReference(xml, query.Source!);
            xml.WriteEndElement();
            WriteOptional(xml, "AssociationClassName", themselves ? null : query.AssociationClass);
            WriteOptional(xml, "Role", query.Role);
            WriteOptional(xml, "ResultClassName", themselves ? query.AssociationClass : query.ResultClass);
            WriteOptional(xml, "ResultRole", query.ResultRole);
            xml.WriteEndElement();
        });

    /// <summary>Further instances of an enumeration.</summary>
    public WsManRequest Pull(string resource, string context, int maxElements) => Request("Pull", WsManNames.Enumeration + "/Pull", resource, null, xml =>
    {
        xml.WriteStartElement("n", "Pull", WsManNames.Enumeration);
        xml.WriteElementString("n", "EnumerationContext", WsManNames.Enumeration, context);
        xml.WriteElementString("n", "MaxElements", WsManNames.Enumeration, maxElements.ToString(CultureInfo.InvariantCulture));
        xml.WriteEndElement();
    });

    /// <summary>Ends an enumeration that nobody reads any more.</summary>
    public WsManRequest Release(string resource, string context) => Request("Release", WsManNames.Enumeration + "/Release", resource, null, xml =>
    {
        xml.WriteStartElement("n", "Release", WsManNames.Enumeration);
        xml.WriteElementString("n", "EnumerationContext", WsManNames.Enumeration, context);
        xml.WriteEndElement();
    });

    /// <summary>One instance.</summary>
    public WsManRequest Get(CimPath path) => Request($"Get {path}", WsManNames.Transfer + "/Get", WsManNames.Resource(path.Namespace, path.ClassName), path, null);

    /// <summary>Writes an instance back.</summary>
    public WsManRequest Put(CimPath path, CimInstance instance)
    {
        var resource = WsManNames.Resource(path.Namespace, path.ClassName);
        return Request($"Put {path}", WsManNames.Transfer + "/Put", resource, path, xml =>
        {
            xml.WriteStartElement("r", path.ClassName, resource);
            WriteMembers(xml, resource, instance, path.Namespace);
            xml.WriteEndElement();
        });
    }

    /// <summary>Calls a method.</summary>
    public WsManRequest Invoke(CimPath target, string method, CimInstance arguments)
    {
        var resource = WsManNames.Resource(target.Namespace, target.ClassName);
        return Request($"{target.ClassName}.{method}", $"{resource}/{method}", resource, target, xml =>
        {
            xml.WriteStartElement("r", method + "_INPUT", resource);
            WriteMembers(xml, resource, arguments, target.Namespace);
            xml.WriteEndElement();
        });
    }

    private WsManRequest Enumerate(string what, string resource, int maxElements, Action<XmlWriter>? filter) =>
        Request(what, WsManNames.Enumeration + "/Enumerate", resource, null, xml =>
        {
            xml.WriteStartElement("n", "Enumerate", WsManNames.Enumeration);
            xml.WriteElementString("w", "OptimizeEnumeration", WsManNames.Management, null);
            xml.WriteElementString("w", "MaxElements", WsManNames.Management, maxElements.ToString(CultureInfo.InvariantCulture));
            if (filter is not null)
            {
                xml.WriteStartElement("w", "Filter", WsManNames.Management);
                filter(xml);
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        });

    private WsManRequest Request(string what, string action, string resource, CimPath? selectors, Action<XmlWriter>? body)
    {
        var id = "uuid:" + Guid.NewGuid().ToString().ToUpperInvariant();
        return Build(id, what, xml =>
        {
            xml.WriteStartElement("s", "Envelope", WsManNames.Soap);
            xml.WriteAttributeString("xmlns", "a", null, WsManNames.Addressing);
            xml.WriteAttributeString("xmlns", "w", null, WsManNames.Management);
            xml.WriteStartElement("s", "Header", WsManNames.Soap);
            xml.WriteElementString("a", "To", WsManNames.Addressing, options.Address.AbsoluteUri);
            WriteMust(xml, "w", "ResourceURI", WsManNames.Management, resource);
            xml.WriteStartElement("a", "ReplyTo", WsManNames.Addressing);
            WriteMust(xml, "a", "Address", WsManNames.Addressing, WsManNames.Anonymous);
            xml.WriteEndElement();
            WriteMust(xml, "a", "Action", WsManNames.Addressing, action);
            WriteMust(xml, "w", "MaxEnvelopeSize", WsManNames.Management, options.MaxEnvelopeBytes.ToString(CultureInfo.InvariantCulture));
            xml.WriteElementString("a", "MessageID", WsManNames.Addressing, id);
            WriteLocale(xml, "w", "Locale", WsManNames.Management);
            WriteLocale(xml, "p", "DataLocale", WsManNames.Microsoft);
            xml.WriteElementString("w", "OperationTimeout", WsManNames.Management, operationTimeout);
            if (selectors is { Keys.Count: > 0 })
            {
                WriteSelectors(xml, selectors);
            }

            xml.WriteEndElement();
            xml.WriteStartElement("s", "Body", WsManNames.Soap);
            body?.Invoke(xml);
            xml.WriteEndElement();
            xml.WriteEndElement();
        });
    }

    private static WsManRequest Build(string? id, string what, Action<XmlWriter> write)
    {
        var stream = new MemoryStream(2048);
        try
        {
            using var xml = XmlWriter.Create(stream, Settings);
            write(xml);
        }
        catch (Exception error) when (error is ArgumentException or XmlException or InvalidOperationException)
        {
            throw new CimException(CimErrorKind.InvalidRequest, $"{what} cannot be written as XML: {error.Message}", inner: error);
        }

        return new WsManRequest(id, stream.GetBuffer().AsMemory(0, (int)stream.Length), what);
    }

    private static void WriteMembers(XmlWriter xml, string resource, CimInstance instance, string nameSpace)
    {
        foreach (var (name, value) in instance.Properties)
        {
            if (value is Array array)
            {
                foreach (var one in array)
                {
                    WriteMember(xml, resource, name, one, nameSpace);
                }
            }
            else if (value is not null)
            {
                WriteMember(xml, resource, name, value, nameSpace);
            }
        }
    }

    private static void WriteMember(XmlWriter xml, string resource, string name, object? value, string nameSpace)
    {
        xml.WriteStartElement("r", name, resource);
        switch (value)
        {
            case null:
                xml.WriteAttributeString("xsi", "nil", WsManNames.SchemaInstance, "true");
                break;
            case CimPath reference:
                WriteReference(xml, reference);
                break;
            case CimInstance embedded:
                var inner = WsManNames.Resource(nameSpace, embedded.ClassName);
                xml.WriteAttributeString("xmlns", "e", null, inner);
                xml.WriteAttributeString("xsi", "type", WsManNames.SchemaInstance, $"e:{embedded.ClassName}_Type");
                WriteMembers(xml, inner, embedded, nameSpace);
                break;
            case CimDateTime { Interval: { } interval }:
                xml.WriteElementString("cim", "Interval", WsManNames.Common, XmlConvert.ToString(interval));
                break;
            case CimDateTime { Moment: { } moment }:
                xml.WriteElementString("cim", "Datetime", WsManNames.Common, moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
                break;
            default:
                xml.WriteString(CimText.Format(value));
                break;
        }

        xml.WriteEndElement();
    }

    private static void WriteReference(XmlWriter xml, CimPath path)
    {
        xml.WriteElementString("a", "Address", WsManNames.Addressing, WsManNames.Anonymous);
        xml.WriteStartElement("a", "ReferenceParameters", WsManNames.Addressing);
        xml.WriteElementString("w", "ResourceURI", WsManNames.Management, WsManNames.Resource(path.Namespace, path.ClassName));
        WriteSelectors(xml, path);
        xml.WriteEndElement();
    }

    private static void WriteSelectors(XmlWriter xml, CimPath path)
    {
        var schema = CimSchema.Instance.Find(path.ClassName);
        xml.WriteStartElement("w", "SelectorSet", WsManNames.Management);
        foreach (var (name, value) in path.Keys)
        {
            xml.WriteStartElement("w", "Selector", WsManNames.Management);
            xml.WriteAttributeString("Name", name);
            if (schema?.Property(name)?.Type is CimType.Reference && CimPath.TryParse(value, path.Namespace, out var reference))
            {
                xml.WriteStartElement("a", "EndpointReference", WsManNames.Addressing);
                WriteReference(xml, reference!);
                xml.WriteEndElement();
            }
            else
            {
                xml.WriteString(value);
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void WriteOptional(XmlWriter xml, string name, string? value)
    {
        if (value is not null)
        {
            xml.WriteElementString("b", name, WsManNames.Binding, value);
        }
    }

    private static void WriteMust(XmlWriter xml, string prefix, string name, string nameSpace, string value)
    {
        xml.WriteStartElement(prefix, name, nameSpace);
        xml.WriteAttributeString("s", "mustUnderstand", WsManNames.Soap, "true");
        xml.WriteString(value);
        xml.WriteEndElement();
    }

    private static void WriteLocale(XmlWriter xml, string prefix, string name, string nameSpace)
    {
        xml.WriteStartElement(prefix, name, nameSpace);
        xml.WriteAttributeString("xml", "lang", null, "en-US");
        xml.WriteAttributeString("s", "mustUnderstand", WsManNames.Soap, "false");
        xml.WriteEndElement();
    }

    private static string Shorten(string text) => text.Length > 200 ? text[..200] + "…" : text;
}
