namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>
/// An instance of a class, or the in or out parameters of a method: names with values, names compared without case. A value is null, or of the CLR type that
/// <see cref="CimType"/> names, or an array of it. A name that is absent was not sent: what a host does not know (an older version), it does not send.
/// </summary>
public sealed class CimInstance
{
    private readonly Dictionary<string, object?> values;

    /// <summary>An instance without properties yet.</summary>
    /// <param name="className">The class, without its namespace.</param>
    /// <param name="capacity">About how many properties it will have.</param>
    public CimInstance(string className, int capacity = 0)
    {
        ClassName = className;
        values = new(capacity, StringComparer.OrdinalIgnoreCase);
    }

    private CimInstance(CimInstance other)
    {
        ClassName = other.ClassName;
        values = new(other.values, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The class, without its namespace.</summary>
    public string ClassName { get; }

    /// <summary>The properties that are there, in the order they were set.</summary>
    public IReadOnlyDictionary<string, object?> Properties => values;

    /// <summary>The value; null if the property is null or absent. <see cref="Has"/> tells the two apart.</summary>
    public object? this[string property]
    {
        get => values.GetValueOrDefault(property);
        set => values[property] = value;
    }

    /// <summary>Whether the property was sent at all, if only as null.</summary>
    public bool Has(string property) => values.ContainsKey(property);

    /// <summary>Takes a property away.</summary>
    public bool Remove(string property) => values.Remove(property);

    /// <summary>A text, or null.</summary>
    public string? String(string property) => Value<string>(property);

    /// <summary>A boolean, or null.</summary>
    public bool? Boolean(string property) => Scalar<bool>(property);

    /// <summary>A moment, or null if there is none or it is <see cref="CimDateTime.Never"/>.</summary>
    public DateTimeOffset? Moment(string property) => Scalar<CimDateTime>(property)?.Moment is { } moment && moment != CimDateTime.Never ? moment : null;

    /// <summary>An interval, or null.</summary>
    public TimeSpan? Interval(string property) => Scalar<CimDateTime>(property)?.Interval;

    /// <summary>A whole number of any CIM type, or null. One that does not fit is a <see cref="CimException"/> of kind <see cref="CimErrorKind.Malformed"/>.</summary>
    public long? Number(string property) => values.GetValueOrDefault(property) switch
    {
        null => null,
        byte value => value,
        ushort value => value,
        uint value => value,
        ulong and > long.MaxValue => throw Mismatch(property, "a number below 2^63"),
        ulong value => (long)value,
        sbyte value => value,
        short value => value,
        int value => value,
        long value => value,
        _ => throw Mismatch(property, "a whole number"),
    };

    /// <summary>A reference, or null.</summary>
    public CimPath? Reference(string property) => Value<CimPath>(property);

    /// <summary>An embedded object, or null.</summary>
    public CimInstance? Instance(string property) => Value<CimInstance>(property);

    /// <summary>An array; empty if null or absent.</summary>
    public IReadOnlyList<T> Array<T>(string property) => Value<T[]>(property) ?? [];

    /// <summary>A copy that shares no state but the values, which nobody changes.</summary>
    public CimInstance Copy() => new(this);

    private T? Value<T>(string property)
        where T : class => values.GetValueOrDefault(property) switch
        {
            null => null,
            T value => value,
            _ => throw Mismatch(property, typeof(T).Name),
        };

    private T? Scalar<T>(string property)
        where T : struct => values.GetValueOrDefault(property) switch
        {
            null => null,
            T value => value,
            _ => throw Mismatch(property, typeof(T).Name),
        };

    private CimException Mismatch(string property, string wanted) =>
        new(CimErrorKind.Malformed, $"{ClassName}.{property} is not {wanted}: the host sent {values[property]!.GetType().Name} '{values[property]}'.");
}
