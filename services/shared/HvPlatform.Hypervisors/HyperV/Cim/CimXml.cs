using System.Text;
using System.Xml;

namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>
/// Embedded instances as CIM-XML text (DSP0201, <c>&lt;INSTANCE CLASSNAME="…"&gt;</c>), as Hyper-V's methods take and give them in string parameters. Unknown attributes,
/// qualifiers and DTD-free extras are skipped; a document type, too deep nesting or too much text is refused.
/// </summary>
public static class CimXml
{
    /// <summary>Most characters of one embedded instance.</summary>
    public const int MaxCharacters = 8 * 1024 * 1024;

    private static readonly XmlWriterSettings WriterSettings = new() { OmitXmlDeclaration = true, CheckCharacters = true, NewLineHandling = NewLineHandling.Entitize };

    private static readonly XmlReaderSettings ReaderSettings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MaxCharacters,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    /// <summary>Writes an instance. Properties that are null are left out. A text that XML cannot carry (a control character) is <see cref="CimErrorKind.InvalidRequest"/>.</summary>
    public static string Write(CimInstance instance)
    {
        var text = new StringBuilder();
        try
        {
            using var writer = XmlWriter.Create(text, WriterSettings);
            WriteInstance(writer, instance);
        }
        catch (ArgumentException error)
        {
            throw new CimException(CimErrorKind.InvalidRequest, $"{instance.ClassName} cannot be written as XML: {error.Message}", inner: error);
        }

        return text.ToString();
    }

    private static void WriteInstance(XmlWriter writer, CimInstance instance)
    {
        writer.WriteStartElement("INSTANCE");
        writer.WriteAttributeString("CLASSNAME", instance.ClassName);
        foreach (var (name, value) in instance.Properties)
        {
            if (value is null)
            {
                continue;
            }

            var (type, isArray) = CimText.TypeOf(value);
            var element = type is CimType.Reference && !isArray ? "PROPERTY.REFERENCE" : isArray ? "PROPERTY.ARRAY" : "PROPERTY";
            writer.WriteStartElement(element);
            writer.WriteAttributeString("NAME", name);
            if (type is CimType.Instance)
            {
                throw new ArgumentException($"The property {name} holds an object, which text cannot carry.", nameof(instance));
            }

            if (element != "PROPERTY.REFERENCE")
            {
                writer.WriteAttributeString("TYPE", CimText.Name(type is CimType.Reference ? CimType.String : type));
            }

            if (isArray)
            {
                writer.WriteStartElement("VALUE.ARRAY");
                foreach (var one in (Array)value)
                {
                    writer.WriteElementString("VALUE", one is null ? string.Empty : CimText.Format(one));
                }

                writer.WriteEndElement();
            }
            else
            {
                writer.WriteElementString("VALUE", CimText.Format(value));
            }

            writer.WriteEndElement();
        }

        writer.WriteEndElement();
    }

    /// <summary>
    /// Reads an instance. Each property has the type that the schema gives it, or else the text's own TYPE. What is not such an instance, or has a value that is not of
    /// its type, is <see cref="CimErrorKind.Malformed"/>.
    /// </summary>
    public static CimInstance Read(string text)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(text), ReaderSettings);
            if (!reader.ReadToFollowing("INSTANCE") || reader.GetAttribute("CLASSNAME") is not { Length: > 0 } className)
            {
                throw Wrong("there is no INSTANCE with a CLASSNAME");
            }

            var instance = new CimInstance(className);
            var schema = CimSchema.Instance.Find(className);
            if (reader.IsEmptyElement)
            {
                return instance;
            }

            reader.Read();
            while (reader.NodeType != XmlNodeType.EndElement)
            {
                if (reader.NodeType != XmlNodeType.Element)
                {
                    reader.Read();
                }
                else if (reader.LocalName is "PROPERTY" or "PROPERTY.ARRAY" or "PROPERTY.REFERENCE")
                {
                    ReadProperty(reader, instance, schema);
                }
                else
                {
                    reader.Skip();
                }
            }

            return instance;
        }
        catch (XmlException error)
        {
            throw new CimException(CimErrorKind.Malformed, $"An embedded instance is not well-formed CIM-XML: {error.Message}", inner: error);
        }
    }

    private static void ReadProperty(XmlReader reader, CimInstance instance, CimClass? schema)
    {
        var isArray = reader.LocalName == "PROPERTY.ARRAY";
        var isReference = reader.LocalName == "PROPERTY.REFERENCE";
        var name = reader.GetAttribute("NAME") is { Length: > 0 } given ? given : throw Wrong("a property has no NAME");
        var declared = schema?.Property(name);
        var type = isReference ? CimType.Reference : declared?.Type ?? CimText.FromName(reader.GetAttribute("TYPE") ?? "string") ?? throw Wrong($"{name} has the unknown type '{reader.GetAttribute("TYPE")}'");
        if (declared is not null && declared.IsArray != isArray)
        {
            throw Wrong($"{name} is {(declared.IsArray ? "an array" : "no array")} in {schema!.Name}");
        }

        var values = Values(reader, name, type);
        instance[name] = isArray
            ? values is null ? null : CimText.ToArray(type, values)
            : values is [var one, ..] ? one : null;
    }

    private static List<object?>? Values(XmlReader reader, string name, CimType type)
    {
        if (reader.IsEmptyElement)
        {
            reader.Read();
            return null;
        }

        List<object?>? values = null;
        reader.Read();
        var depth = 0;
        while (true)
        {
            if (reader.NodeType == XmlNodeType.EndElement)
            {
                reader.Read();
                if (depth-- == 0)
                {
                    return values;
                }
            }
            else if (reader.NodeType != XmlNodeType.Element)
            {
                if (!reader.Read())
                {
                    return values;
                }
            }
            else if (reader.LocalName is "VALUE.ARRAY" or "VALUE.REFERENCE" && depth == 0)
            {
                values ??= [];
                if (!reader.IsEmptyElement)
                {
                    depth++;
                }

                reader.Read();
            }
            else if (reader.LocalName is "VALUE")
            {
                var text = reader.ReadElementContentAsString();
                (values ??= []).Add(CimText.TryParse(type, text, out var value) ? value : throw Wrong($"{name} is no {CimText.Name(type)}: '{(text.Length > 80 ? text[..80] + "…" : text)}'"));
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static CimException Wrong(string what) => new(CimErrorKind.Malformed, $"An embedded instance is wrong: {what}.");
}
