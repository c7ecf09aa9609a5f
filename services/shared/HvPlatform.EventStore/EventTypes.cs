using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HvPlatform.Events;

/// <summary>
/// Which types are events, under which alias each is stored, and how old versions become new ones. Built once at start-up, one line per type,
/// then only read.
/// <para>
/// A version is told by the alias: the first form of an event is <c>vm_started</c>, an incompatible second one is a new alias <c>vm_started_v2</c>
/// (Marten's convention as well). Stored events are never rewritten; the old alias is registered with a function that turns its JSON into
/// the next version's:
/// <code>
/// new EventTypes()
///     .Add&lt;VmDiscovered&gt;()                                  // stored as vm_discovered
///     .Add&lt;VmStarted&gt;("vm_started_v3")
///     .Upcast("vm_started_v2", "vm_started_v3", json => …)
///     .Upcast("vm_started", "vm_started_v2", json => …)      // goes through both steps
/// </code>
/// </para>
/// </summary>
public sealed class EventTypes(JsonSerializerOptions? jsonOptions = null)
{
    readonly Dictionary<Type, Registration> _byType = [];
    readonly Dictionary<string, Registration> _byAlias = new(StringComparer.Ordinal);
    readonly Dictionary<string, Step> _steps = new(StringComparer.Ordinal);

    /// <summary>The JSON form of stored events: by default camelCase members, enums by their converters. A Marten that reads them needs <c>Casing.CamelCase</c>.</summary>
    public JsonSerializerOptions JsonOptions { get; } = jsonOptions ?? JsonSerializerOptions.Web;

    /// <summary>Registers a type; its alias is the snake_case form of its name unless given.</summary>
    public EventTypes Add<T>(string? alias = null) where T : class
    {
        var registration = new Registration(typeof(T), alias ?? SnakeCase(typeof(T).Name), $"{typeof(T).FullName}, {typeof(T).Assembly.GetName().Name}");
        RefuseUsed(registration.Alias);
        if (!_byType.TryAdd(typeof(T), registration))
        {
            throw new ArgumentException($"The event type {typeof(T)} is registered twice.");
        }

        _byAlias.Add(registration.Alias, registration);
        return this;
    }

    /// <summary>Says how JSON stored under <paramref name="oldAlias"/> becomes JSON of <paramref name="nextAlias"/>, which is a registered type's or again an old version's.</summary>
    public EventTypes Upcast(string oldAlias, string nextAlias, Func<JsonObject, JsonObject> convert)
    {
        RefuseUsed(oldAlias);
        if (Resolve(nextAlias) == oldAlias)
        {
            throw new ArgumentException($"Upcasting '{oldAlias}' to '{nextAlias}' would go in a circle.");
        }

        _steps.Add(oldAlias, new Step(nextAlias, convert));
        return this;
    }

    /// <summary>Says how JSON stored under <paramref name="oldAlias"/> becomes JSON of <typeparamref name="T"/>, which is registered already.</summary>
    public EventTypes Upcast<T>(string oldAlias, Func<JsonObject, JsonObject> convert) where T : class => Upcast(oldAlias, AliasOf(typeof(T)), convert);

    /// <summary>The alias a type is stored under. Throws <see cref="ArgumentException"/> for a type that is not registered.</summary>
    public string AliasOf(Type type) => Find(type).Alias;

    /// <summary>Every alias whose events are read as <typeparamref name="T"/>: the present one and the old versions'. For filters.</summary>
    public IReadOnlyList<string> AliasesOf<T>() where T : class
    {
        var current = AliasOf(typeof(T));
        return [current, .. _steps.Keys.Where(alias => Resolve(alias) == current)];
    }

    internal Registration Find(Type type) => _byType.TryGetValue(type, out var registration)
        ? registration
        : throw new ArgumentException($"{type} is not registered as an event. Add it to the service's EventTypes: .Add<{type.Name}>().");

    /// <summary>The object in its present version, or null if the alias is unknown.</summary>
    internal object? Read(string alias, ReadOnlySpan<byte> json)
    {
        if (_byAlias.TryGetValue(alias, out var registration))
        {
            return JsonSerializer.Deserialize(json, registration.Type, JsonOptions) ?? throw new JsonException($"The data of an event of type '{alias}' is null.");
        }

        if (!_steps.TryGetValue(alias, out var step))
        {
            return null;
        }

        var data = JsonNode.Parse(json)!.AsObject();
        var reached = alias;
        do
        {
            data = step.Convert(data);
            reached = step.NextAlias;
        }
        while (_steps.TryGetValue(reached, out step));

        return _byAlias.TryGetValue(reached, out registration)
            ? data.Deserialize(registration.Type, JsonOptions)!
            : throw new InvalidOperationException($"The old event version '{alias}' leads to '{reached}', which is not registered.");
    }

    internal static string SnakeCase(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    string Resolve(string alias)
    {
        while (_steps.TryGetValue(alias, out var step))
        {
            alias = step.NextAlias;
        }

        return alias;
    }

    void RefuseUsed(string alias)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(alias);
        if (Encoding.UTF8.GetByteCount(alias) > 500)
        {
            throw new ArgumentException($"The event alias '{alias[..40]}…' is longer than 500 bytes.");
        }

        if (_byAlias.ContainsKey(alias) || _steps.ContainsKey(alias))
        {
            throw new ArgumentException($"The event alias '{alias}' is registered twice.");
        }
    }

    internal sealed record Registration(Type Type, string Alias, string DotnetType);

    sealed record Step(string NextAlias, Func<JsonObject, JsonObject> Convert);
}
