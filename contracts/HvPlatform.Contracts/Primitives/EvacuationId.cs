using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>One evacuation of a host, from its request to its terminal event. A client that publishes the command chooses it, which makes the command idempotent.</summary>
[JsonConverter(typeof(GuidIdJsonConverter<EvacuationId>))]
public readonly record struct EvacuationId(Guid Value) : IGuidId<EvacuationId>
{
    /// <inheritdoc/>
    public static EvacuationId From(Guid value) => new(value);

    /// <summary>A new time-ordered id (UUID version 7).</summary>
    public static EvacuationId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static EvacuationId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EvacuationId result)
    {
        var ok = Guid.TryParse(s, out var g);
        result = new EvacuationId(g);
        return ok;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
