using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>Enums travel as their names; a name this build does not know reads as <c>Unknown</c> (0), so that adding a member is an additive change.</summary>
public sealed class TolerantEnumConverter<T> : JsonConverter<T> where T : struct, Enum
{
    // Not Enum.TryParse: it takes numbers ("-1") and lists ("Off,Running") for members too.
    static readonly FrozenDictionary<string, T> s_members = Enum.GetValues<T>().ToFrozenDictionary(v => v.ToString(), StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && s_members.TryGetValue(reader.GetString()!, out var value) ? value : default;

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
