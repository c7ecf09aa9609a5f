using System.Text.Json;
using System.Text.Json.Serialization;

namespace HvPlatform.ApiClient;

/// <summary>Enums by name. A name that this client does not know yet, of a newer API, is read as the first member (<c>Unknown</c> where there is one).</summary>
/// <typeparam name="T">The enum.</typeparam>
public sealed class EnumTextConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Enum.TryParse<T>(reader.GetString(), out var value) ? value : default;

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
