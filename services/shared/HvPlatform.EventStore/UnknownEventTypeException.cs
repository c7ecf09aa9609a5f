namespace HvPlatform.Events;

/// <summary>A stored event's alias is registered neither as a type nor as an old version of one. Its raw JSON can still be read.</summary>
public sealed class UnknownEventTypeException(string alias, string? where)
    : Exception($"No type is registered for events of type '{alias}'{where}. Register it with EventTypes.Add, or as an old version with EventTypes.Upcast.")
{
    /// <summary>The alias as stored.</summary>
    public string Alias { get; } = alias;
}
