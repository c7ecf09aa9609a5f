using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using HvPlatform.Contracts;

namespace HvPlatform.UnitTests.Contracts;

/// <summary>What of the contracts assembly travels: found by reflection, so that a new type is covered without being listed anywhere.</summary>
static class ContractTypes
{
    const string Namespace = "HvPlatform.Contracts";

    /// <summary>Every public record: messages, and what messages are made of.</summary>
    public static IReadOnlyList<Type> Records { get; } =
        [.. Exported().Where(t => t is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false } && !t.IsAssignableTo(typeof(JsonConverter)))];

    /// <summary>Every public enum.</summary>
    public static IReadOnlyList<Type> Enums { get; } = [.. Exported().Where(t => t.IsEnum)];

    /// <summary>A type's name without the common namespace, for example <c>Vms.StartVm</c>. The full name is the wire identity of a message.</summary>
    public static string ShortName(Type type) => type.FullName![(Namespace.Length + 1)..];

    /// <summary>The members that travel.</summary>
    public static IEnumerable<PropertyInfo> Members(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetCustomAttribute<JsonIgnoreAttribute>() is null && p.GetIndexParameters().Length == 0);

    /// <summary>A member's name in JSON.</summary>
    public static string JsonName(PropertyInfo member) => member.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(member.Name);

    /// <summary>Whether a message without the member is refused.</summary>
    public static bool IsRequired(PropertyInfo member) => member.GetCustomAttribute<RequiredMemberAttribute>() is not null;

    /// <summary>Whether it is one of the typed ids, a GUID on the wire.</summary>
    public static bool IsId(Type type) => type.IsValueType && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IGuidId<>));

    /// <summary>The element type of a list member, or null.</summary>
    public static Type? ElementOf(Type type) => type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() is var g && (g == typeof(IReadOnlyList<>) || g == typeof(IReadOnlyCollection<>)) ? type.GenericTypeArguments[0]
        : null;

    static IEnumerable<Type> Exported() =>
        typeof(HvJson).Assembly.GetExportedTypes().Where(t => t.FullName!.StartsWith(Namespace + ".", StringComparison.Ordinal)).OrderBy(t => t.FullName, StringComparer.Ordinal);
}
