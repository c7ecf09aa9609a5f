using System.Text.Json;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>Enums travel as their names; a name this build does not know reads as <c>Unknown</c> (0), so that adding a member is an additive change.</summary>
public sealed class TolerantEnumConverter<T> : JsonConverter<T> where T : struct, Enum
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.GetString() is { } s && !char.IsAsciiDigit(s.FirstOrDefault())
            && Enum.TryParse<T>(s, ignoreCase: true, out var v) ? v : default;

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
