namespace HvPlatform.Hypervisors.HyperV.Cim.Wmi;

/// <summary>
/// Between the values that WMI's COM interface gives (moments and references are texts there) and the values of <see cref="CimInstance"/>. Knows nothing of COM, so
/// that it is tested on any system.
/// </summary>
internal static class WmiValues
{
    /// <summary>A value as the schema's type has it. One that is not of that type is <see cref="CimErrorKind.Malformed"/>.</summary>
    /// <param name="where">Class and property, for the message.</param>
    /// <param name="type">The schema's type, or WMI's own for a class that the schema does not have.</param>
    /// <param name="value">What WMI gave.</param>
    public static object? Read(string where, CimType type, object? value) => value switch
    {
        null => null,
        Array array => CimText.ToArray(type, [.. array.Cast<object?>().Select(one => Scalar(where, type, one))]),
        _ => Scalar(where, type, value),
    };

    /// <summary>A value as WMI's COM interface takes it.</summary>
    /// <param name="where">Class and property, for the message.</param>
    /// <param name="value">The value.</param>
    /// <param name="host">The host's name, which a reference carries.</param>
    public static object? Write(string where, object? value, string host) => value switch
    {
        null or string => value,
        CimPath path => path.ToObjectPath(host),
        CimDateTime moment => moment.ToString(),
        CimPath[] paths => Array.ConvertAll(paths, path => path.ToObjectPath(host)),
        CimDateTime[] moments => Array.ConvertAll(moments, moment => moment.ToString()),
        CimInstance or CimInstance[] => throw new CimException(CimErrorKind.InvalidRequest, $"{where} is an object; Hyper-V's methods take embedded instances as text."),
        _ => value,
    };

    private static object? Scalar(string where, CimType type, object? value)
    {
        if (value is null)
        {
            return null;
        }

        value = value is char character ? (ushort)character : value;
        var (given, isArray) = CimText.TypeOf(value);
        return given == type && !isArray
            ? value
            : CimText.TryParse(type, CimText.Format(value), out var read)
                ? read
                : throw new CimException(CimErrorKind.Malformed, $"{where} is no {CimText.Name(type)}: WMI gave {value.GetType().Name} '{value}'.");
    }
}
