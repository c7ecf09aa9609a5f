using System.Text.Json;

namespace HvPlatform.ApiClient.Generator;

/// <summary>Gives each schema its C# type. Objects without a name of their own get one made of where they stand.</summary>
internal sealed class TypeMap(ApiDocument document)
{
    static readonly JsonElement s_any = JsonElement.Parse("{}");
    readonly Queue<(string Name, JsonElement Schema)> _inline = [];

    /// <summary>The types to declare: records and enums, named schemas first, then those found on the way.</summary>
    public IEnumerable<(string Name, JsonElement Schema)> Declared()
    {
        foreach (var (name, schema) in document.Schemas.Where(s => IsRecord(s.Value) || IsEnum(s.Value)))
        {
            yield return (Names.Type(name), schema);
        }

        while (_inline.TryDequeue(out var inline))
        {
            yield return inline;
        }
    }

    /// <summary>The type, without the question mark of a nullable one.</summary>
    /// <param name="schema">Where it is used.</param>
    /// <param name="place">The name for an object that has none.</param>
    public string Of(JsonElement schema, string place)
    {
        var part = Unwrap(schema);
        if (part.TryGetProperty("$ref", out var reference))
        {
            var name = reference.GetString()!.Split('/')[^1];
            var target = document.Schemas.TryGetValue(name, out var found) ? found : throw new FormatException($"{reference} is not in the document.");
            return IsRecord(target) || IsEnum(target) ? Names.Type(name) : Of(target, Names.Type(name));
        }

        if (IsRecord(part))
        {
            _inline.Enqueue((place, part));
            return place;
        }

        var format = part.TryGetProperty("format", out var f) ? f.GetString() : null;
        return (Kind(part), format) switch
        {
            ("boolean", _) => "bool",
            ("integer", "int32") => "int",
            ("integer", _) => "long",
            ("number", _) => "double",
            ("string", "uuid") => "Guid",
            ("string", "date-time") => "DateTimeOffset",
            ("string", _) => "string",
            ("array", _) => $"IReadOnlyList<{(part.TryGetProperty("items", out var items) ? Of(items, place + "Item") : "JsonElement")}>",
            ("object", _) when part.TryGetProperty("additionalProperties", out var values) && values.ValueKind == JsonValueKind.Object =>
                $"IReadOnlyDictionary<string, {Of(values, place + "Value")}>",
            _ => "JsonElement",
        };
    }

    /// <summary>Whether the type is one of the declared records.</summary>
    public bool IsRecord(JsonElement schema, out string name)
    {
        var part = Unwrap(schema);
        name = part.TryGetProperty("$ref", out var reference) ? reference.GetString()!.Split('/')[^1] : "";
        return name.Length > 0 && document.Schemas.TryGetValue(name, out var target) && IsRecord(target);
    }

    /// <summary>Whether a type of this name is an enum.</summary>
    public bool IsEnum(string type) => document.Schemas.Any(s => IsEnum(s.Value) && Names.Type(s.Key) == type);

    /// <summary>An enum whose texts are all fit to be names in C#; another is a string.</summary>
    public static bool IsEnum(JsonElement schema) =>
        schema.TryGetProperty("enum", out var values) && values.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String && Names.IsIdentifier(v.GetString()!));

    static bool IsRecord(JsonElement schema) => schema.TryGetProperty("properties", out _);

    /// <summary>Drops the alternative null, and wrappers around a single alternative.</summary>
    static JsonElement Unwrap(JsonElement schema)
    {
        foreach (var wrapper in new[] { "oneOf", "anyOf", "allOf" })
        {
            if (schema.TryGetProperty(wrapper, out var alternatives))
            {
                var real = alternatives.EnumerateArray().Where(a => Kind(a) != "null").ToList();
                return real.Count == 1 ? Unwrap(real[0]) : s_any;
            }
        }

        return schema;
    }

    /// <summary>The JSON type: of several the one that is not null; of a number that may be written as text, the number.</summary>
    static string? Kind(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type))
        {
            return null;
        }

        if (type.ValueKind == JsonValueKind.String)
        {
            return type.GetString();
        }

        var kinds = type.EnumerateArray().Select(t => t.GetString()).ToList();
        return kinds.FirstOrDefault(k => k is "integer" or "number") ?? kinds.FirstOrDefault(k => k != "null") ?? "null";
    }
}
