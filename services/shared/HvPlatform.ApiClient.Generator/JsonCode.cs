namespace HvPlatform.ApiClient.Generator;

/// <summary>The code that reads and writes a value of a type, by the type's name in C#.</summary>
internal sealed class JsonCode(TypeMap types)
{
    const string List = "IReadOnlyList<", Dictionary = "IReadOnlyDictionary<string, ";

    /// <summary>What is called on a <c>JsonElement</c> to have the value; empty for the element itself.</summary>
    public static string Read(string type) => type switch
    {
        "JsonElement" => "",
        "bool" => ".GetBoolean()",
        "int" => ".ToInt32()",
        "long" => ".ToInt64()",
        "double" => ".ToDouble()",
        "Guid" => ".GetGuid()",
        "DateTimeOffset" => ".GetDateTimeOffset()",
        "string" => ".GetString()!",
        _ => Inner(type, List) is { } item ? $".ToList({Reader(item)})"
            : Inner(type, Dictionary) is { } value ? $".ToDictionary({Reader(value)})"
            : $".To{type}()",
    };

    /// <summary>A function from a <c>JsonElement</c> to the value.</summary>
    public static string Reader(string type) => Read(type) is var read && read == $".To{type}()" ? $"ApiTypes.To{type}" : $"static e => e{read}";

    /// <summary>The statement that writes a value.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="value">The expression that has it.</param>
    public string Write(string type, string value) => type switch
    {
        "JsonElement" => $"{value}.WriteTo(writer)",
        "bool" => $"writer.WriteBooleanValue({value})",
        "int" or "long" or "double" => $"writer.WriteNumberValue({value})",
        "Guid" or "DateTimeOffset" or "string" => $"writer.WriteStringValue({value})",
        _ => Inner(type, List) is { } item ? $"writer.WriteList({value}, static (writer, v) => {Write(item, "v")})"
            : Inner(type, Dictionary) is { } member ? $"writer.WriteDictionary({value}, static (writer, v) => {Write(member, "v")})"
            : types.IsEnum(type) ? $"writer.WriteStringValue({value}.ToString())"
            : $"writer.Write({value})",
    };

    /// <summary>The declared type that a type is made of: itself, or what its items are.</summary>
    public static string Innermost(string type) => (Inner(type, List) ?? Inner(type, Dictionary)) is { } inner ? Innermost(inner) : type;

    static string? Inner(string type, string outer) => type.StartsWith(outer, StringComparison.Ordinal) ? type[outer.Length..^1] : null;
}
