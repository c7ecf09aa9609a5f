using System.Globalization;
using System.Text.Json;

namespace HvPlatform.ApiClient;

/// <summary>
/// What the generated code reads with. It is plain code instead of a serializer's metadata, because a client runs for moments: of metadata, whose generic code is compiled when
/// it first runs, a list of VMs needed over a thousand methods.
/// </summary>
public static class ApiJson
{
    /// <summary>A value as a type.</summary>
    /// <param name="json">The value.</param>
    /// <param name="read">One of <see cref="ApiTypes"/>.</param>
    /// <exception cref="JsonException">It does not fit.</exception>
    public static T Read<T>(JsonElement json, Func<JsonElement, T> read)
    {
        try
        {
            return read(json);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException)
        {
            throw new JsonException($"It is no {typeof(T).Name}: {e.Message}", e);
        }
    }

    /// <summary>A member that has to be there.</summary>
    internal static JsonElement Need(this JsonElement json, ReadOnlySpan<byte> name) => json.TryGetProperty(name, out var member)
        ? member
        : throw new JsonException($"'{System.Text.Encoding.UTF8.GetString(name)}' is missing.");

    /// <summary>A member that may be missing or null.</summary>
    internal static JsonElement? May(this JsonElement json, ReadOnlySpan<byte> name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>Numbers may be written as text.</summary>
    internal static int ToInt32(this JsonElement json) => json.ValueKind == JsonValueKind.String ? int.Parse(json.GetString()!, CultureInfo.InvariantCulture) : json.GetInt32();

    internal static long ToInt64(this JsonElement json) => json.ValueKind == JsonValueKind.String ? long.Parse(json.GetString()!, CultureInfo.InvariantCulture) : json.GetInt64();

    internal static double ToDouble(this JsonElement json) => json.ValueKind == JsonValueKind.String ? double.Parse(json.GetString()!, CultureInfo.InvariantCulture) : json.GetDouble();

    internal static IReadOnlyList<T> ToList<T>(this JsonElement json, Func<JsonElement, T> read)
    {
        var list = new List<T>(json.GetArrayLength());
        foreach (var item in json.EnumerateArray())
        {
            list.Add(read(item));
        }

        return list;
    }

    internal static IReadOnlyDictionary<string, T> ToDictionary<T>(this JsonElement json, Func<JsonElement, T> read)
    {
        var dictionary = new Dictionary<string, T>();
        foreach (var member in json.EnumerateObject())
        {
            dictionary[member.Name] = read(member.Value);
        }

        return dictionary;
    }

    internal static void WriteList<T>(this Utf8JsonWriter writer, IReadOnlyList<T> list, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray();
        foreach (var item in list)
        {
            write(writer, item);
        }

        writer.WriteEndArray();
    }

    internal static void WriteDictionary<T>(this Utf8JsonWriter writer, IReadOnlyDictionary<string, T> dictionary, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in dictionary)
        {
            writer.WritePropertyName(name);
            write(writer, value);
        }

        writer.WriteEndObject();
    }
}
