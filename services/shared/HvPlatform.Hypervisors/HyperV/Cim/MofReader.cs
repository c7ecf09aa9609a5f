using System.Globalization;
using System.Text;

namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>
/// Reads the part of MOF (DSP0221) that <c>HyperV/Schema</c> is written in: classes with properties, methods, references, arrays and the qualifiers
/// <c>key</c>, <c>Abstract</c>, <c>Association</c>, <c>in</c>, <c>out</c>, <c>EmbeddedInstance</c>, <c>ValueMap</c> and <c>Values</c>. Throws <see cref="FormatException"/> with the line.
/// </summary>
internal sealed class MofReader
{
    private readonly string source;
    private readonly string name;
    private int at;

    private MofReader(string name, string source)
    {
        this.name = name;
        this.source = source;
    }

    public static IEnumerable<CimClass> ReadResources()
    {
        var assembly = typeof(MofReader).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(one => one.StartsWith("Schema/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            foreach (var one in Read(resource, reader.ReadToEnd()))
            {
                yield return one;
            }
        }
    }

    public static IEnumerable<CimClass> Read(string name, string source)
    {
        var reader = new MofReader(name, source);
        while (!reader.AtEnd())
        {
            yield return reader.Class();
        }
    }

    private CimClass Class()
    {
        var qualifiers = Qualifiers();
        Expect("class");
        var className = Word();
        var superclass = Take(":") ? Word() : null;
        var properties = new List<CimProperty>();
        var methods = new List<CimMethod>();
        Expect("{");
        while (!Take("}"))
        {
            var member = Qualifiers();
            var (property, _) = Declaration(member);
            if (Take("("))
            {
                methods.Add(new CimMethod(property.Name, Parameters(), ReturnValues(member)));
            }
            else
            {
                properties.Add(property);
            }

            Expect(";");
        }

        Expect(";");
        properties.Sort((one, other) => string.Compare(one.Name, other.Name, StringComparison.OrdinalIgnoreCase));
        return new CimClass(className, superclass, qualifiers.ContainsKey("abstract"), qualifiers.ContainsKey("association"), properties, methods);
    }

    private List<CimParameter> Parameters()
    {
        var parameters = new List<CimParameter>();
        while (!Take(")"))
        {
            var qualifiers = Qualifiers();
            var (property, _) = Declaration(qualifiers);
            parameters.Add(new CimParameter(property, qualifiers.ContainsKey("in"), qualifiers.ContainsKey("out")));
            Take(",");
        }

        return parameters;
    }

    private (CimProperty Property, string TypeName) Declaration(Dictionary<string, List<string>> qualifiers)
    {
        var typeName = Word();
        var isReference = Take("REF");
        var declared = Word();
        var isArray = Take("[");
        if (isArray)
        {
            Expect("]");
        }

        var type = isReference ? CimType.Reference : TypeOf(typeName);
        var of = type is CimType.Reference or CimType.Instance ? typeName : qualifiers.GetValueOrDefault("embeddedinstance")?[0];
        return (new CimProperty(declared, type, isArray, qualifiers.ContainsKey("key"), of), typeName);
    }

    private static CimType TypeOf(string word) => word switch
    {
        "boolean" => CimType.Boolean,
        "uint8" => CimType.UInt8,
        "uint16" => CimType.UInt16,
        "uint32" => CimType.UInt32,
        "uint64" => CimType.UInt64,
        "sint8" => CimType.SInt8,
        "sint16" => CimType.SInt16,
        "sint32" => CimType.SInt32,
        "sint64" => CimType.SInt64,
        "real32" => CimType.Real32,
        "real64" => CimType.Real64,
        "string" => CimType.String,
        "datetime" => CimType.DateTime,
        _ => CimType.Instance,
    };

    private Dictionary<uint, string> ReturnValues(Dictionary<string, List<string>> qualifiers)
    {
        if (!qualifiers.TryGetValue("valuemap", out var codes))
        {
            return [];
        }

        var texts = qualifiers.GetValueOrDefault("values") ?? [];
        return texts.Count == codes.Count
            ? codes.Zip(texts).ToDictionary(pair => uint.Parse(pair.First, CultureInfo.InvariantCulture), pair => pair.Second)
            : throw Wrong("ValueMap and Values differ in length");
    }

    private Dictionary<string, List<string>> Qualifiers()
    {
        var qualifiers = new Dictionary<string, List<string>>(StringComparer.OrdinalIgnoreCase);
        if (!Take("["))
        {
            return qualifiers;
        }

        do
        {
            var qualifier = Word();
            var values = new List<string>();
            if (Take("("))
            {
                values.Add(Text());
                Expect(")");
            }
            else if (Take("{"))
            {
                do
                {
                    values.Add(Text());
                }
                while (Take(","));
                Expect("}");
            }

            qualifiers.Add(qualifier, values);
        }
        while (Take(","));
        Expect("]");
        return qualifiers;
    }

    private string Text()
    {
        Skip();
        if (at >= source.Length || source[at] != '"')
        {
            throw Wrong("a text in quotes was expected");
        }

        var text = new StringBuilder();
        for (at++; at < source.Length && source[at] != '"'; at++)
        {
            if (source[at] == '\\')
            {
                at++;
            }

            text.Append(source[at]);
        }

        at++;
        return text.ToString();
    }

    private string Word()
    {
        Skip();
        var start = at;
        while (at < source.Length && (char.IsAsciiLetterOrDigit(source[at]) || source[at] == '_'))
        {
            at++;
        }

        return at > start ? source[start..at] : throw Wrong("a name was expected");
    }

    private void Expect(string token)
    {
        if (!Take(token))
        {
            throw Wrong($"'{token}' was expected");
        }
    }

    private bool Take(string token)
    {
        Skip();
        if (string.CompareOrdinal(source, at, token, 0, token.Length) != 0)
        {
            return false;
        }

        var end = at + token.Length;
        if (char.IsAsciiLetter(token[0]) && end < source.Length && (char.IsAsciiLetterOrDigit(source[end]) || source[end] == '_'))
        {
            return false;
        }

        at = end;
        return true;
    }

    private bool AtEnd()
    {
        Skip();
        return at >= source.Length;
    }

    private void Skip()
    {
        while (at < source.Length)
        {
            if (char.IsWhiteSpace(source[at]))
            {
                at++;
            }
            else if (source[at] == '/' && at + 1 < source.Length && source[at + 1] == '/')
            {
                at = source.IndexOf('\n', at) is var end && end < 0 ? source.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    private FormatException Wrong(string what) => new($"{name}, line {source.AsSpan(0, Math.Min(at, source.Length)).Count('\n') + 1}: {what}.");
}
