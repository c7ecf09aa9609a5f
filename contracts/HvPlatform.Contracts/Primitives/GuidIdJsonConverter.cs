using System.Text.Json;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>Writes a typed id as a plain lower-case GUID string, the form every other language reads.</summary>
public sealed class GuidIdJsonConverter<T> : JsonConverter<T> where T : struct, IGuidId<T>
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => T.From(reader.GetGuid());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
