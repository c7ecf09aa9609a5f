using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using HvPlatform.Contracts;

namespace HvPlatform.UnitTests.Contracts;

/// <summary>The shape of all contracts as data: what <c>contracts/golden/schema.json</c> holds.</summary>
sealed record ContractSchema
{
    static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Records by full name, which is the wire identity of a message.</summary>
    public SortedDictionary<string, RecordShape> Records { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Enums by full name: member name to number.</summary>
    public SortedDictionary<string, Dictionary<string, int>> Enums { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The shape of the contracts this build has.</summary>
    public static ContractSchema OfThisBuild()
    {
        var schema = new ContractSchema();
        foreach (var type in ContractTypes.Records)
        {
            schema.Records[type.FullName!] = ShapeOf(type);
        }

        foreach (var type in ContractTypes.Enums)
        {
            schema.Enums[type.FullName!] = Enum.GetNames(type).ToDictionary(n => n, n => Convert.ToInt32(Enum.Parse(type, n)));
        }

        return schema;
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static ContractSchema FromJson(string json) => JsonSerializer.Deserialize<ContractSchema>(json, s_json)!;

    /// <summary>One member per line, sorted, so that a review sees what changed.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json) + "\n";

    static RecordShape ShapeOf(Type type)
    {
        var nullability = new NullabilityInfoContext();
        var shape = new RecordShape { Implements = [.. type.GetInterfaces().Where(i => i.Assembly == type.Assembly).Select(i => i.FullName!).Order(StringComparer.Ordinal)] };
        foreach (var member in ContractTypes.Members(type))
        {
            var mayBeNull = Nullable.GetUnderlyingType(member.PropertyType) is not null || nullability.Create(member).ReadState == NullabilityState.Nullable;
            shape.Members[ContractTypes.JsonName(member)] = new(TypeName(member.PropertyType) + (mayBeNull ? "?" : ""), ContractTypes.IsRequired(member));
        }

        return shape;
    }

    static string TypeName(Type type) => type switch
    {
        _ when Nullable.GetUnderlyingType(type) is { } underlying => TypeName(underlying),
        _ when ContractTypes.ElementOf(type) is { } element => TypeName(element) + "[]",
        _ when type.Assembly == typeof(HvJson).Assembly => ContractTypes.ShortName(type),
        _ => type.Name,
    };
}

/// <summary>One record: its members by JSON name, and the contract interfaces it can be consumed as.</summary>
sealed record RecordShape
{
    public IReadOnlyList<string> Implements { get; init; } = [];

    public SortedDictionary<string, MemberShape> Members { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>One member: its type, <c>?</c> if it may be null, <c>[]</c> for a list.</summary>
[JsonConverter(typeof(MemberShapeJsonConverter))]
sealed record MemberShape(string Type, bool Required);

/// <summary>One line per member: <c>"Int64, required"</c>.</summary>
sealed class MemberShapeJsonConverter : JsonConverter<MemberShape>
{
    public override MemberShape Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString()!.Split(", ") is [var type, "required" or "optional"] parts ? new(type, parts[1] == "required") : throw new JsonException("A member is \"TYPE, required\" or \"TYPE, optional\".");

    public override void Write(Utf8JsonWriter writer, MemberShape value, JsonSerializerOptions options) =>
        writer.WriteStringValue($"{value.Type}, {(value.Required ? "required" : "optional")}");
}
