using System.Text.Json;
using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>The one JSON form of the platform: camelCase members, enums as names, nulls left out. Used for stored events, outbox rows and the REST API.</summary>
public static class HvJson
{
    /// <summary>Shared, read-only options.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    static JsonSerializerOptions Create()
    {
        var o = new JsonSerializerOptions(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
        o.MakeReadOnly(populateMissingResolver: true);
        return o;
    }
}
