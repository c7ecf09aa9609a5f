using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;

namespace HvPlatform.Orchestrator.Http;

/// <summary>
/// Reads a request's JSON body and says precisely what is wrong with it: where it stops being JSON (line and column), which members
/// are missing, unknown or of the wrong type. Stricter than the platform's messages, which ignore unknown members: a misspelt member of a request
/// would silently do something else than asked.
/// </summary>
internal static class JsonBody
{
    static readonly JsonSerializerOptions Strict = CreateStrict();

    static readonly JsonDocumentOptions Document = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public static async Task<Outcome<T>> ReadAsync<T>(HttpContext http, int maxBytes)
        where T : class
    {
        if (http.Request.ContentType is { } type && !http.Request.HasJsonContentType())
        {
            return NotJson(type);
        }

        var (bytes, tooLarge) = await ReadBytesAsync(http, maxBytes);
        if (tooLarge)
        {
            return Refusals.Of(ErrorKind.Validation, "body-too-large", string.Create(CultureInfo.InvariantCulture, $"The body is larger than {maxBytes} bytes."),
                "Send less; the limit is the setting Orchestrator:MaxBodyBytes.");
        }

        if (bytes.Length == 0)
        {
            return Refusals.Of(ErrorKind.Validation, "malformed-json", "The body is empty; a JSON object is needed.", "The members are listed in /openapi/v1.json.");
        }

        try
        {
            using var document = JsonDocument.Parse(bytes, Document);
            if (document.RootElement.ValueKind == JsonValueKind.Null)
            {
                return Refusals.Invalid(new Dictionary<string, string[]> { ["$"] = ["must be a JSON object, found null"] });
            }

            var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
            Check(document.RootElement, Strict.GetTypeInfo(typeof(T)), "", errors);
            if (errors.Count > 0)
            {
                return Refusals.Invalid(errors);
            }

            return await BodyAccess.CheckAsync(http, document.RootElement, Strict.GetTypeInfo(typeof(T)), Strict) is { } refusal
                ? refusal
                : document.RootElement.Deserialize<T>(Strict)!;
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            // The parser takes any bytes between quotes; only reading them as text tells that they are none.
            return Refusals.Of(ErrorKind.Validation, "malformed-json", $"The body is not JSON: {e.Message}", "Send the text in UTF-8, surrogates only in pairs.");
        }
        catch (JsonException e)
        {
            var position = e is { LineNumber: { } line, BytePositionInLine: { } column }
                ? string.Create(CultureInfo.InvariantCulture, $" at line {line + 1}, byte {column + 1}")
                : "";
            return Refusals.Of(ErrorKind.Validation, "malformed-json", $"The body is not JSON{position}: {Reason(e)}", "Correct the JSON text at that place.");
        }
    }

    public static Refusal NotJson(string type) =>
        Refusals.Of(ErrorKind.Validation, "unsupported-media-type", $"The body is sent as '{type}'.", "Send JSON with Content-Type: application/json.") with { Found = type };

    /// <summary>Compares a JSON value with the type it is to become, member by member, so that everything wrong is told at once.</summary>
    static void Check(JsonElement element, JsonTypeInfo type, string path, SortedDictionary<string, string[]> errors)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (type.Kind == JsonTypeInfoKind.Object)
        {
            CheckObject(element, type, path, errors);
        }
        else if (type is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } item } && element.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var child in element.EnumerateArray())
            {
                var at = string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]");
                if (child.ValueKind == JsonValueKind.Null)
                {
                    // No list of a request has members that may be null; the serializer would let them through.
                    errors[at] = ["must not be null"];
                    continue;
                }

                Check(child, Strict.GetTypeInfo(item), at, errors);
            }
        }
        else if (WrongType(element, type) is { } wrong)
        {
            errors[path.Length == 0 ? "$" : path] = [wrong];
        }
    }

    static void CheckObject(JsonElement element, JsonTypeInfo type, string path, SortedDictionary<string, string[]> errors)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors[path.Length == 0 ? "$" : path] = [$"must be a JSON object, found {Describe(element)}"];
            return;
        }

        string At(string name) => path.Length == 0 ? name : $"{path}.{name}";
        foreach (var member in element.EnumerateObject())
        {
            var property = type.Properties.FirstOrDefault(p => string.Equals(p.Name, member.Name, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                errors[At(member.Name)] = [$"is not known here; known: {string.Join(", ", type.Properties.Select(p => p.Name))}"];
            }
            else if (member.Value.ValueKind == JsonValueKind.Null && !property.IsSetNullable)
            {
                errors[At(property.Name)] = ["must not be null"];
            }
            else
            {
                Check(member.Value, Strict.GetTypeInfo(property.PropertyType), At(property.Name), errors);
            }
        }

        foreach (var required in type.Properties.Where(p => p.IsRequired && !element.EnumerateObject().Any(m => string.Equals(m.Name, p.Name, StringComparison.OrdinalIgnoreCase))))
        {
            errors[At(required.Name)] = ["is required"];
        }
    }

    static string? WrongType(JsonElement element, JsonTypeInfo type)
    {
        try
        {
            element.Deserialize(type);
            return null;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            var target = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
            return $"must be {Expected(target)}, found {Describe(element)}";
        }
    }

    static string Expected(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Int32 => "a whole number (32 bits)",
        TypeCode.Int64 => "a whole number (64 bits)",
        TypeCode.Double => "a number",
        TypeCode.Boolean => "true or false",
        TypeCode.String => "a string",
        _ when type.IsAssignableTo(typeof(IFormattable)) || type.Name.EndsWith("Id", StringComparison.Ordinal) => "a UUID string",
        _ => "a JSON array",
    };

    static string Describe(JsonElement element)
    {
        var text = element.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? element.ValueKind.ToString().ToLowerInvariant() : element.GetRawText();
        return text.Length > 80 ? $"{text[..80]}…" : text;
    }

    static string Reason(JsonException e)
    {
        // The position is told once, by us; the parser repeats it at the end of its text.
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }

    static async Task<(ReadOnlyMemory<byte> Bytes, bool TooLarge)> ReadBytesAsync(HttpContext http, int maxBytes)
    {
        if (http.Request.ContentLength > maxBytes)
        {
            return (default, true);
        }

        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            if (read.Buffer.Length > maxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                return (default, true);
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return (bytes, false);
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    static JsonSerializerOptions CreateStrict()
    {
        var options = new JsonSerializerOptions(HvJson.Options)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            RespectNullableAnnotations = true,
            NumberHandling = JsonNumberHandling.Strict,
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
