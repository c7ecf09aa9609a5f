using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace HvPlatform.HyperVSimulator.Control;

/// <summary>Reads the body of a request to the control endpoint and says in the endpoint's own words what is wrong with it.</summary>
internal static class ControlBody
{
    /// <summary>The object in the body. <see cref="JsonException"/> if it is no JSON; <see cref="ArgumentException"/>, which lists the members, if it is another object.</summary>
    public static async Task<T> ReadAsync<T>(Stream body, JsonSerializerOptions options, CancellationToken cancellationToken)
    {
        using var document = await JsonDocument.ParseAsync(body, default, cancellationToken);
        if (document.RootElement.ValueKind is not JsonValueKind.Object)
        {
            throw Wrong("The body is no JSON object.");
        }

        var given = document.RootElement.EnumerateObject().Select(member => member.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var known = typeof(T).GetProperties();
        if (given.FirstOrDefault(name => !known.Any(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) is { } unknown)
        {
            throw Wrong($"There is no member {unknown}.");
        }

        if (known.FirstOrDefault(one => one.IsDefined(typeof(RequiredMemberAttribute)) && !given.Contains(one.Name)) is { } missing)
        {
            throw Wrong($"The member {NameOf(missing)} is missing.");
        }

        try
        {
            return document.Deserialize<T>(options)!;
        }
        catch (JsonException error)
        {
            throw Wrong($"The member {error.Path?.TrimStart('$', '.')} cannot have this value.");
        }

        static ArgumentException Wrong(string what) => new($"{what} Members: {Members<T>()}.");
    }

    /// <summary>The members of a body, with the values of those that have a list of them: <c>kind (Delay, Busy), count</c>.</summary>
    public static string Members<T>() => string.Join(", ", typeof(T).GetProperties().Select(one =>
        NameOf(one) + (one.PropertyType.IsEnum ? $" ({string.Join(", ", Enum.GetNames(one.PropertyType))})" : string.Empty)));

    private static string NameOf(PropertyInfo member) => JsonNamingPolicy.CamelCase.ConvertName(member.Name);
}
