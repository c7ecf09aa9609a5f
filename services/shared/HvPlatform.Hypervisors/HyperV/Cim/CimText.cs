using System.Globalization;

namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>CIM values as text, as both CIM-XML and WS-Management write them; a <c>datetime</c> in CIM's own form, which CIM-XML uses.</summary>
public static class CimText
{
    /// <summary>Reads a scalar other than a reference or an instance. False if the text is no such value.</summary>
    public static bool TryParse(CimType type, string text, out object? value)
    {
        if (type is CimType.String)
        {
            value = text;
            return true;
        }

        return TryParse(type, text.AsSpan(), out value);
    }

    /// <summary>Reads a scalar other than a reference or an instance. False if the text is no such value.</summary>
    public static bool TryParse(CimType type, ReadOnlySpan<char> text, out object? value)
    {
        const NumberStyles Signed = NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;
        var culture = CultureInfo.InvariantCulture;
        var read = false;
        value = null;
        switch (type)
        {
            case CimType.String:
                value = text.ToString();
                return true;
            case CimType.Boolean:
                read = bool.TryParse(text, out var boolean);
                value = boolean ? True : False;
                break;
            case CimType.UInt8:
                read = byte.TryParse(text, Signed, culture, out var uint8);
                value = uint8;
                break;
            case CimType.UInt16:
                read = ushort.TryParse(text, Signed, culture, out var uint16);
                value = uint16 < Small.Length ? Small[uint16] : uint16;
                break;
            case CimType.UInt32:
                read = uint.TryParse(text, Signed, culture, out var uint32);
                value = uint32;
                break;
            case CimType.UInt64:
                read = ulong.TryParse(text, Signed, culture, out var uint64);
                value = uint64;
                break;
            case CimType.SInt8:
                read = sbyte.TryParse(text, Signed, culture, out var sint8);
                value = sint8;
                break;
            case CimType.SInt16:
                read = short.TryParse(text, Signed, culture, out var sint16);
                value = sint16;
                break;
            case CimType.SInt32:
                read = int.TryParse(text, Signed, culture, out var sint32);
                value = sint32;
                break;
            case CimType.SInt64:
                read = long.TryParse(text, Signed, culture, out var sint64);
                value = sint64;
                break;
            case CimType.Real32:
                read = float.TryParse(text, NumberStyles.Float, culture, out var real32);
                value = real32;
                break;
            case CimType.Real64:
                read = double.TryParse(text, NumberStyles.Float, culture, out var real64);
                value = real64;
                break;
            case CimType.DateTime:
                read = CimDateTime.TryParse(text.ToString(), out var moment);
                value = moment;
                break;
            case CimType.Reference:
                read = CimPath.TryParse(text.ToString(), out var path);
                value = path;
                break;
        }

        return read;
    }

    /// <summary>Writes a scalar other than an instance.</summary>
    public static string Format(object value) => value switch
    {
        bool boolean => boolean ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    /// <summary>The CIM type of a CLR value, and whether it is an array. Throws <see cref="ArgumentException"/> for a value that CIM does not have.</summary>
    public static (CimType Type, bool IsArray) TypeOf(object value) => value switch
    {
        bool => (CimType.Boolean, false),
        byte => (CimType.UInt8, false),
        ushort => (CimType.UInt16, false),
        uint => (CimType.UInt32, false),
        ulong => (CimType.UInt64, false),
        sbyte => (CimType.SInt8, false),
        short => (CimType.SInt16, false),
        int => (CimType.SInt32, false),
        long => (CimType.SInt64, false),
        float => (CimType.Real32, false),
        double => (CimType.Real64, false),
        string => (CimType.String, false),
        CimDateTime => (CimType.DateTime, false),
        CimPath => (CimType.Reference, false),
        CimInstance => (CimType.Instance, false),
        Array array when array.GetType().GetElementType() is { } element && Scalars.TryGetValue(element, out var type) => (type, true),
        _ => throw new ArgumentException($"CIM has no type for {value.GetType().Name}.", nameof(value)),
    };

    /// <summary>An array of the CLR type for <paramref name="type"/> holding <paramref name="values"/>.</summary>
    public static Array ToArray(CimType type, IReadOnlyList<object?> values)
    {
        if (type is CimType.String)
        {
            return values.Select(value => (string?)value).ToArray();
        }

        var array = Array.CreateInstance(Scalars.First(pair => pair.Value == type).Key, values.Count);
        for (var i = 0; i < values.Count; i++)
        {
            array.SetValue(values[i], i);
        }

        return array;
    }

    /// <summary>The name of a type in CIM-XML and MOF: <c>uint16</c>.</summary>
    public static string Name(CimType type) => type is CimType.Instance ? "object" : type.ToString().ToLowerInvariant();

    /// <summary>The type of a name in CIM-XML and MOF, or null.</summary>
    public static CimType? FromName(string name) => Enum.TryParse<CimType>(name, ignoreCase: true, out var type) && Name(type) == name.ToLowerInvariant() ? type : null;

    // Most values of states and switches: boxed once.
    private static readonly object True = true;
    private static readonly object False = false;
    private static readonly object[] Small = [.. Enumerable.Range(0, 64).Select(number => (object)(ushort)number)];

    private static readonly Dictionary<Type, CimType> Scalars = new()
    {
        [typeof(bool)] = CimType.Boolean,
        [typeof(byte)] = CimType.UInt8,
        [typeof(ushort)] = CimType.UInt16,
        [typeof(uint)] = CimType.UInt32,
        [typeof(ulong)] = CimType.UInt64,
        [typeof(sbyte)] = CimType.SInt8,
        [typeof(short)] = CimType.SInt16,
        [typeof(int)] = CimType.SInt32,
        [typeof(long)] = CimType.SInt64,
        [typeof(float)] = CimType.Real32,
        [typeof(double)] = CimType.Real64,
        [typeof(string)] = CimType.String,
        [typeof(CimDateTime)] = CimType.DateTime,
        [typeof(CimPath)] = CimType.Reference,
        [typeof(CimInstance)] = CimType.Instance,
    };
}
