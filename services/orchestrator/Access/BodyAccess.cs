using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// Checks every id in a body, found by its type: a member that is a <see cref="VmId"/>, <see cref="HostId"/>, <see cref="OperationId"/> or <see cref="EvacuationId"/> is one, wherever it
/// stands. So a new member of a request cannot be forgotten.
/// </summary>
internal static class BodyAccess
{
    const int MaxIds = 1000;

    /// <summary>Null if the caller may have all of the body's ids in this request.</summary>
    public static async Task<Refusal?> CheckAsync(HttpContext http, JsonElement body, JsonTypeInfo type, JsonSerializerOptions options)
    {
        if (http.Features.Get<Caller>() is not { } caller)
        {
            // Only endpoints that are anonymous are reached without one; they judge by what the body itself proves.
            return null;
        }

        var rule = AccessRules.Of(http.GetEndpoint()!);
        if (rule.Object == AccessObject.Self || caller.MayEverywhere(rule.Role))
        {
            return null;
        }

        var ids = new List<(AccessObject Kind, Guid Id, string Field)>();
        Collect(body, type, "", options, ids);
        if (ids.Count > MaxIds)
        {
            return Refusals.Invalid(new Dictionary<string, string[]> { ["$"] = [string.Create(CultureInfo.InvariantCulture, $"must name at most {MaxIds} objects, found {ids.Count}")] });
        }

        var check = http.RequestServices.GetRequiredService<ObjectCheck>();
        foreach (var (kind, id, field) in ids)
        {
            if (await check.CheckBodyAsync(caller, rule.Role, kind, id, field, http.RequestAborted) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    static void Collect(JsonElement element, JsonTypeInfo type, string path, JsonSerializerOptions options, List<(AccessObject, Guid, string)> ids)
    {
        if (element.ValueKind == JsonValueKind.Object && type.Kind == JsonTypeInfoKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                if (type.Properties.FirstOrDefault(p => string.Equals(p.Name, member.Name, StringComparison.OrdinalIgnoreCase)) is { } property)
                {
                    Collect(member.Value, options.GetTypeInfo(property.PropertyType), path.Length == 0 ? property.Name : $"{path}.{property.Name}", options, ids);
                }
            }
        }
        else if (element.ValueKind == JsonValueKind.Array && type is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } item })
        {
            var index = 0;
            foreach (var child in element.EnumerateArray())
            {
                Collect(child, options.GetTypeInfo(item), string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"), options, ids);
            }
        }
        else if (KindOf(Nullable.GetUnderlyingType(type.Type) ?? type.Type) is { } kind && element.ValueKind == JsonValueKind.String && element.TryGetGuid(out var id))
        {
            ids.Add((kind, id, path));
        }
    }

    static AccessObject? KindOf(Type type) =>
        type == typeof(VmId) ? AccessObject.Vm : type == typeof(HostId) ? AccessObject.Host
        : type == typeof(OperationId) ? AccessObject.Operation : type == typeof(EvacuationId) ? AccessObject.Evacuation : null;
}
