using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>One accepted request from start to its single terminal event. A migration's id is its operation's id. A client that publishes a command chooses it, which makes the command idempotent.</summary>
[JsonConverter(typeof(GuidIdJsonConverter<OperationId>))]
public readonly record struct OperationId(Guid Value) : IGuidId<OperationId>
{
    /// <inheritdoc/>
    public static OperationId From(Guid value) => new(value);

    /// <summary>A new time-ordered id (UUID version 7).</summary>
    public static OperationId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static OperationId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out OperationId result)
    {
        var ok = Guid.TryParse(s, out var g);
        result = new OperationId(g);
        return ok;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
