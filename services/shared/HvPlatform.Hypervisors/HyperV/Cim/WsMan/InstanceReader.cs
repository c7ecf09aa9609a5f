using System.Xml;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>
/// Reads instances and out parameters. Types come from the schema. What the schema does not know is kept as text (repeated: as an array of texts), unless the element itself
/// says that it is a datetime, a reference or an object. A value that is not of its type, or an array that should be none, is <see cref="CimErrorKind.Malformed"/>.
/// </summary>
internal sealed class InstanceReader(XmlCursor cursor)
{
    private const int MaxEmbedding = 8;
    private const int MaxProperties = 4096;

    private readonly XmlReader xml = cursor.Xml;
    private int embedding;

    /// <summary>The instance element the cursor stands on; <paramref name="className"/> names the class of a fragment, whose element does not.</summary>
    public CimInstance Instance(string? className)
    {
        var name = className ?? xml.LocalName;
        var schema = CimSchema.Instance.Find(name);
        var instance = new CimInstance(schema?.Name ?? name, schema?.Properties.Count ?? 0);
        Properties(instance, cursor.Enter(), property => schema?.Property(property));
        return instance;
    }

    /// <summary>The out parameters of a method.</summary>
    public CimInstance Output(string className, string method)
    {
        var schema = CimSchema.Instance.Find(className)?.Method(method);
        var output = new CimInstance(method);
        Properties(output, cursor.Enter(), name => name == "ReturnValue" ? ReturnValue : schema?.Parameters.FirstOrDefault(one => one.Out && one.Property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Property);
        return output;
    }

    private static readonly CimProperty ReturnValue = new("ReturnValue", CimType.UInt32, IsArray: false, IsKey: false, ClassName: null);

    private void Properties(CimInstance instance, int depth, Func<string, CimProperty?> declared)
    {
        var more = cursor.NextChild(depth);
        while (more)
        {
            var name = xml.LocalName;
            var property = declared(name);
            var value = Value(instance, name, property);
            more = cursor.NextChild(depth);
            if (instance.Has(name) || instance.Properties.Count == MaxProperties)
            {
                throw cursor.Wrong($"{instance.ClassName}.{name} comes twice, or there are more than {MaxProperties} properties");
            }

            if (property is { IsArray: true } or null && more && xml.LocalName == name)
            {
                var values = new List<object?> { value };
                do
                {
                    values.Add(Value(instance, name, property));
                    more = cursor.NextChild(depth);
                }
                while (more && xml.LocalName == name);
                instance[name] = Array(instance, name, property, values);
            }
            else
            {
                instance[name] = property is { IsArray: true } && value is not null ? value as byte[] ?? Array(instance, name, property, [value]) : value;
            }
        }
    }

    private Array Array(CimInstance instance, string name, CimProperty? property, List<object?> values)
    {
        var type = property?.Type ?? Common(values);
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] is byte[])
            {
                throw cursor.Wrong($"{instance.ClassName}.{name} is base64 and yet repeated");
            }

            if (values[i] is null)
            {
                values[i] = type is CimType.String ? string.Empty : throw cursor.Wrong($"{instance.ClassName}.{name} is an array with a null in it");
            }
        }

        return CimText.ToArray(type, values);

        CimType Common(List<object?> all) => all.All(one => one is string or null) ? CimType.String
            : all[0] is { } first && all.All(one => one?.GetType() == first.GetType()) ? CimText.TypeOf(first).Type
            : throw cursor.Wrong($"{instance.ClassName}.{name} is an array of different things");
    }

    /// <summary>One element of a property. A uint8 array may come in one element as base64; then it is the whole array.</summary>
    private object? Value(CimInstance instance, string name, CimProperty? property)
    {
        if (xml.AttributeCount > 0 && xml.GetAttribute("nil", WsManNames.SchemaInstance) is "true" or "1")
        {
            cursor.Skip();
            return null;
        }

        switch (property)
        {
            case null or { Type: CimType.String or CimType.DateTime or CimType.Reference or CimType.Instance }:
                var typeName = xml.AttributeCount > 0 ? xml.GetAttribute("type", WsManNames.SchemaInstance) : null;
                return cursor.Scalar() is { } text ? Typed(instance, name, property, text) : Structure(instance, name, property, typeName);
            case { Type: CimType.UInt8, IsArray: true }:
                return Bytes(instance, name, cursor.Scalar());
            default:
                if (!cursor.ShortScalar(out var characters, out var whole))
                {
                    throw Lie(instance, name, property, $"the element '{xml.LocalName}'");
                }

                return CimText.TryParse(property.Type, whole is null ? characters : whole.AsSpan(), out var value)
                    ? value
                    : throw Lie(instance, name, property, whole ?? characters.ToString());
        }
    }

    private object Typed(CimInstance instance, string name, CimProperty? property, string text)
    {
        object? value = text;
        return property is null || (property.Type is CimType.DateTime ? TryTime(text, out value) : CimText.TryParse(property.Type, text, out value))
            ? value!
            : throw Lie(instance, name, property, text);
    }

    private object Bytes(CimInstance instance, string name, string? text)
    {
        text = (text ?? throw cursor.Wrong($"{instance.ClassName}.{name} is no uint8[] but the element '{xml.LocalName}'")).Trim();
        if (text.Length is > 0 and < 4 && byte.TryParse(text, out var one))
        {
            return one;
        }

        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw cursor.Wrong($"{instance.ClassName}.{name} is no uint8[]: '{Shorten(text)}'");
        }
    }

    /// <summary>A datetime, a reference, or an embedded object: the cursor stands on the first child element.</summary>
    private object Structure(CimInstance instance, string name, CimProperty? property, string? typeName)
    {
        object value;
        CimType type;
        var contentNamespace = xml.NamespaceURI;
        if (contentNamespace == WsManNames.Common && xml.LocalName is "Datetime" or "Interval" or "Date" or "Time" or "CIM_DateTime")
        {
            var text = cursor.Text();
            value = TryTime(text, out var time) ? time! : throw Lie(instance, name, property, text);
            type = CimType.DateTime;
            NoMore();
        }
        else if (contentNamespace == WsManNames.Addressing && xml.LocalName == "EndpointReference")
        {
            value = Reference(cursor.Enter());
            type = CimType.Reference;
            NoMore();
        }
        else if (contentNamespace == WsManNames.Addressing)
        {
            value = Reference(0);
            type = CimType.Reference;
        }
        else
        {
            value = Embedded(ClassOf(typeName) ?? property?.ClassName ?? ClassOfNamespace(contentNamespace) ?? name);
            type = CimType.Instance;
        }

        return property is null || property.Type == type ? value : throw Lie(instance, name, property, $"a {CimText.Name(type)}");

        void NoMore()
        {
            if (cursor.NextChild(0))
            {
                throw cursor.Wrong($"{instance.ClassName}.{name} has the element '{xml.LocalName}' too many");
            }
        }
    }

    private CimInstance Embedded(string className)
    {
        if (++embedding > MaxEmbedding)
        {
            throw cursor.Wrong($"objects are embedded deeper than {MaxEmbedding}");
        }

        var schema = CimSchema.Instance.Find(className);
        var embedded = new CimInstance(schema?.Name ?? className, schema?.Properties.Count ?? 0);
        Properties(embedded, 0, property => schema?.Property(property));
        embedding--;
        return embedded;
    }

    /// <summary>The rest of an end point reference, whose first child the cursor stands on or before.</summary>
    private CimPath Reference(int depth)
    {
        string? resource = null;
        var keys = new List<(string, string)>();
        while (cursor.NextChild(depth))
        {
            if (xml.LocalName is not ("ReferenceParameters" or "ReferenceProperties"))
            {
                cursor.Skip();
                continue;
            }

            var inner = cursor.Enter();
            while (cursor.NextChild(inner))
            {
                if (xml.LocalName == "ResourceURI")
                {
                    resource = cursor.Text();
                }
                else if (xml.LocalName == "SelectorSet")
                {
                    Selectors(keys);
                }
                else
                {
                    cursor.Skip();
                }
            }
        }

        var (nameSpace, className) = WsManNames.FromResource(resource ?? string.Empty) ?? throw cursor.Wrong($"a reference names no class: '{Shorten(resource ?? string.Empty)}'");
        var named = keys.FindIndex(key => key.Item1.Equals("__cimnamespace", StringComparison.OrdinalIgnoreCase));
        if (named >= 0)
        {
            nameSpace ??= keys[named].Item2;
            keys.RemoveAt(named);
        }

        return new CimPath((nameSpace ?? CimPath.Virtualization).Replace('\\', '/'), className, [.. keys]);
    }

    private void Selectors(List<(string, string)> keys)
    {
        var depth = cursor.Enter();
        while (cursor.NextChild(depth))
        {
            var key = xml.GetAttribute("Name") ?? throw cursor.Wrong("a selector has no name");
            if (keys.Count == MaxEmbedding * 4 || ++embedding > MaxEmbedding)
            {
                throw cursor.Wrong("a reference has too many keys, or is nested too deep");
            }

            var text = cursor.Scalar();
            if (text is null)
            {
                text = Reference(cursor.Enter()).RelativePath;
                while (cursor.NextChild(0))
                {
                    cursor.Skip();
                }
            }

            embedding--;
            keys.Add((key, text));
        }
    }

    private static string? ClassOf(string? typeName)
    {
        const string Suffix = "_Type";
        if (typeName is null)
        {
            return null;
        }

        var local = typeName[(typeName.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return local.EndsWith(Suffix, StringComparison.Ordinal) && local.Length > Suffix.Length ? local[..^Suffix.Length] : null;
    }

    private static string? ClassOfNamespace(string nameSpace) => WsManNames.FromResource(nameSpace)?.ClassName;

    private static bool TryTime(string text, out object? value)
    {
        var read = WsManTime.TryParse(text, out var time);
        value = time;
        return read;
    }

    private CimException Lie(CimInstance instance, string name, CimProperty? property, string sent) =>
        cursor.Wrong($"{instance.ClassName}.{name} is no {(property is null ? "datetime" : CimText.Name(property.Type) + (property.IsArray ? "[]" : string.Empty))}: '{Shorten(sent)}'");

    private static string Shorten(string text) => text.Length > 80 ? text[..80] + "…" : text;
}
