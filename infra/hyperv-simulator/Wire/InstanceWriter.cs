using System.Collections.Concurrent;
using System.Xml;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>
/// Writes instances as WinRM does: every property of the class, in the order of their names without case; null scalars as <c>xsi:nil</c>, null arrays absent,
/// arrays as repeated elements (uint8 arrays as one base64 text), references as endpoint references, embedded objects nested in their own namespace.
/// </summary>
/// <param name="writer">Where to.</param>
/// <param name="repository">Whose instances.</param>
/// <param name="isDmtf">Whether resource URIs are in the DMTF's form.</param>
internal sealed class InstanceWriter(XmlWriter writer, Repository.ICimRepository repository, bool isDmtf)
{
    private static readonly ConcurrentDictionary<(string Namespace, string Class, bool IsDmtf), Names> Known = new();

    /// <summary>Writes an instance with all properties of its class.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="nameSpace">The namespace it is of.</param>
    /// <param name="only">The properties a query selected; null or empty for all.</param>
    public void WriteInstance(CimInstance instance, string nameSpace, IReadOnlyList<string>? only = null)
    {
        var names = NamesOf(nameSpace, instance.ClassName, isDmtf);
        writer.WriteStartElement("p", names.ClassName, names.Uri);
        WriteInstanceNamespaces(names.Uri);
        writer.WriteAttributeString("xsi", "type", WsManNames.SchemaInstance, names.XsiType);
        WriteProperties("p", names, instance, nameSpace, only);
        writer.WriteEndElement();
    }

    /// <summary>Writes the result of a method: out parameters, then ReturnValue.</summary>
    public void WriteOutput(CimInstance result, CimMethod? method, WsManResource resource, string methodName)
    {
        var uri = NamesOf(resource.Namespace, resource.ClassName, isDmtf).Uri;
        writer.WriteStartElement("p", methodName + "_OUTPUT", uri);
        WriteInstanceNamespaces(uri);
        foreach (var parameter in method?.Parameters ?? [])
        {
            if (parameter.Out)
            {
                WriteProperty("p", uri, parameter.Property.Name, parameter.Property, result[parameter.Property.Name], resource.Namespace);
            }
        }

        foreach (var (name, value) in result.Properties)
        {
            if (name != "ReturnValue" && method?.Parameters.Any(parameter => parameter.Out && parameter.Property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) != true)
            {
                WriteProperty("p", uri, name, null, value, resource.Namespace);
            }
        }

        WriteProperty("p", uri, "ReturnValue", null, result["ReturnValue"], resource.Namespace);
        writer.WriteEndElement();
    }

    /// <summary>Writes an endpoint reference with its own element.</summary>
    public void WriteEndpointReference(CimPath path)
    {
        writer.WriteStartElement("a", "EndpointReference", WsManNames.Addressing);
        WriteReference(path);
        writer.WriteEndElement();
    }

    private void WriteInstanceNamespaces(string uri)
    {
        writer.WriteAttributeString("xmlns", "xsi", null, WsManNames.SchemaInstance);
        writer.WriteAttributeString("xmlns", "p", null, uri);
        writer.WriteAttributeString("xmlns", "cim", null, WsManNames.Cim);
    }

    private void WriteProperties(string prefix, Names names, CimInstance instance, string nameSpace, IReadOnlyList<string>? only)
    {
        if (names.Class is { Properties.Count: > 0 } known)
        {
            foreach (var property in known.Properties)
            {
                if (only is null or [] || only.Contains(property.Name, StringComparer.OrdinalIgnoreCase))
                {
                    WriteProperty(prefix, names.Uri, property.Name, property, instance[property.Name], nameSpace);
                }
            }

            return;
        }

        foreach (var (name, value) in instance.Properties.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (only is null or [] || only.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                WriteProperty(prefix, names.Uri, name, null, value, nameSpace);
            }
        }
    }

    private void WriteProperty(string prefix, string uri, string name, CimProperty? property, object? value, string nameSpace)
    {
        switch (value)
        {
            case null when property is { IsArray: true }:
                break;
            case null:
                writer.WriteStartElement(prefix, name, uri);
                writer.WriteAttributeString("xsi", "nil", WsManNames.SchemaInstance, "true");
                writer.WriteEndElement();
                break;
            case byte[] bytes:
                writer.WriteStartElement(prefix, name, uri);
                writer.WriteBase64(bytes, 0, bytes.Length);
                writer.WriteEndElement();
                break;
            case Array array:
                foreach (var one in array)
                {
                    WriteScalar(prefix, uri, name, one ?? string.Empty, nameSpace);
                }

                break;
            default:
                WriteScalar(prefix, uri, name, value, nameSpace);
                break;
        }
    }

    private void WriteScalar(string prefix, string uri, string name, object value, string nameSpace)
    {
        writer.WriteStartElement(prefix, name, uri);
        switch (value)
        {
            case string text:
                writer.WriteString(WsManText.Clean(text));
                break;
            case CimDateTime { Interval: { } interval }:
                writer.WriteElementString("cim", "Interval", WsManNames.Cim, WsManText.Interval(interval));
                break;
            case CimDateTime moment:
                writer.WriteElementString("cim", "Datetime", WsManNames.Cim, WsManText.Moment(moment.Moment ?? CimDateTime.Never));
                break;
            case CimPath path:
                writer.WriteAttributeString("xmlns", "a", null, WsManNames.Addressing);
                writer.WriteAttributeString("xmlns", "w", null, WsManNames.WsMan);
                WriteReference(path);
                break;
            case CimInstance embedded:
                WriteEmbedded(prefix, embedded, nameSpace);
                break;
            default:
                writer.WriteString(CimText.Format(value));
                break;
        }

        if (value is string { Length: 0 })
        {
            writer.WriteFullEndElement();
        }
        else
        {
            writer.WriteEndElement();
        }
    }

    private void WriteEmbedded(string outer, CimInstance embedded, string nameSpace)
    {
        var names = NamesOf(nameSpace, embedded.ClassName, isDmtf);
        var prefix = outer + "i";
        writer.WriteAttributeString("xmlns", prefix, null, names.Uri);
        writer.WriteAttributeString("xsi", "type", WsManNames.SchemaInstance, $"{prefix}:{names.ClassName}_Type");
        WriteProperties(prefix, names, embedded, nameSpace, only: null);
    }

    private void WriteReference(CimPath path)
    {
        writer.WriteElementString("a", "Address", WsManNames.Addressing, WsManNames.Anonymous);
        writer.WriteStartElement("a", "ReferenceParameters", WsManNames.Addressing);
        writer.WriteElementString("w", "ResourceURI", WsManNames.WsMan, NamesOf(path.Namespace, path.ClassName, isDmtf).Uri);
        writer.WriteStartElement("w", "SelectorSet", WsManNames.WsMan);
        if (isDmtf)
        {
            WriteSelector(WsManNames.NamespaceSelector, path.Namespace);
        }

        foreach (var (name, value) in path.Keys)
        {
            WriteSelector(name, value);
        }

        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    private void WriteSelector(string name, string value)
    {
        writer.WriteStartElement("w", "Selector", WsManNames.WsMan);
        writer.WriteAttributeString("Name", name);
        if (value.StartsWith(@"\\", StringComparison.Ordinal) && CimPath.TryParse(value, out var reference))
        {
            WriteEndpointReference(reference!);
        }
        else
        {
            writer.WriteString(WsManText.Clean(value));
        }

        writer.WriteEndElement();
    }

    /// <summary>The path of an instance from the repository.</summary>
    public CimPath PathOf(CimInstance instance) => repository.PathOf(instance);

    private static Names NamesOf(string nameSpace, string className, bool isDmtf) =>
        Known.GetOrAdd((nameSpace, className, isDmtf), key =>
        {
            var known = CimSchema.Instance.Find(key.Class);
            var name = known?.Name ?? key.Class;
            return new Names(name, key.IsDmtf ? WsManNames.DmtfResource + name : WsManNames.WmiResource + key.Namespace + "/" + name, $"p:{name}_Type", known);
        });

    private sealed record Names(string ClassName, string Uri, string XsiType, CimClass? Class);
}
