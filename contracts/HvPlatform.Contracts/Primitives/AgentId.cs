using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>A host agent that has joined the platform: the common name of its certificate and its user at the broker.</summary>
[JsonConverter(typeof(GuidIdJsonConverter<AgentId>))]
public readonly record struct AgentId(Guid Value) : IGuidId<AgentId>
{
    /// <inheritdoc/>
    public static AgentId From(Guid value) => new(value);

    /// <summary>A new time-ordered id (UUID version 7).</summary>
    public static AgentId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static AgentId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AgentId result)
    {
        var ok = Guid.TryParse(s, out var g);
        result = new AgentId(g);
        return ok;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
