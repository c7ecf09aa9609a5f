using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>One alert, from being raised to being cleared. The same trouble later is another alert.</summary>
[JsonConverter(typeof(GuidIdJsonConverter<AlertId>))]
public readonly record struct AlertId(Guid Value) : IGuidId<AlertId>
{
    /// <inheritdoc/>
    public static AlertId From(Guid value) => new(value);

    /// <summary>A new time-ordered id (UUID version 7).</summary>
    public static AlertId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static AlertId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AlertId result)
    {
        var ok = Guid.TryParse(s, out var g);
        result = new AlertId(g);
        return ok;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
