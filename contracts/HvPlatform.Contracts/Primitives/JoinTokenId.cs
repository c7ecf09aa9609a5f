using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>A one-use token that a host agent joins the platform with. Not the secret.</summary>
[JsonConverter(typeof(GuidIdJsonConverter<JoinTokenId>))]
public readonly record struct JoinTokenId(Guid Value) : IGuidId<JoinTokenId>
{
    /// <inheritdoc/>
    public static JoinTokenId From(Guid value) => new(value);

    /// <summary>A new time-ordered id (UUID version 7).</summary>
    public static JoinTokenId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static JoinTokenId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out JoinTokenId result)
    {
        var ok = Guid.TryParse(s, out var g);
        result = new JoinTokenId(g);
        return ok;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
