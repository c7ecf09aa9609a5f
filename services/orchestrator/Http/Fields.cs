using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Http;

/// <summary>
/// The parameter <c>fields</c>: only these top-level members of an item, and its id always. A list of 25,000 VMs with three members each is a tenth of the whole.
/// </summary>
internal sealed class Fields
{
    readonly HashSet<string> names;
    (JsonEncodedText Name, Func<object, object?> Get, JsonTypeInfo Type)[]? _members;

    Fields(IEnumerable<string> names) => this.names = [.. names, "id"];

    /// <summary>Whether the answer has this member.</summary>
    public bool Has(string name) => names.Contains(name);

    /// <summary>The description for items of type <typeparamref name="T"/>.</summary>
    public static QueryParameter Parameter<T>() => new("fields", "Only these members, separated by commas; the id is always there. All if not given.") { Values = NamesOf<T>(), Many = true };

    /// <summary>The members asked for; null for all.</summary>
    public static Fields? Read<T>(QueryReader query) => query.Names("fields", NamesOf<T>()) is { Count: > 0 } names ? new Fields(names) : null;

    /// <summary>Writes the item's members that were asked for, in their usual order, those without a value left out.</summary>
    public void Write<T>(Utf8JsonWriter writer, T item)
        where T : class
    {
        writer.WriteStartObject();
        foreach (var (name, get, type) in _members ??= Members<T>())
        {
            if (get(item) is { } value)
            {
                writer.WritePropertyName(name);
                JsonSerializer.Serialize(writer, value, type);
            }
        }

        writer.WriteEndObject();
    }

    // Found once for all items of a page.
    (JsonEncodedText Name, Func<object, object?> Get, JsonTypeInfo Type)[] Members<T>() =>
    [
        .. from property in HvJson.Options.GetTypeInfo(typeof(T)).Properties
           where Has(property.Name) && property.Get is not null
           select (JsonEncodedText.Encode(property.Name), property.Get, HvJson.Options.GetTypeInfo(property.PropertyType)),
    ];

    static IReadOnlyList<string> NamesOf<T>() => [.. HvJson.Options.GetTypeInfo(typeof(T)).Properties.Select((JsonPropertyInfo p) => p.Name)];
}
