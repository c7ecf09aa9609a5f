using System.Text.Json;
using HvPlatform.Contracts.History;
using HvPlatform.Events;

namespace HvPlatform.Orchestrator.Events;

/// <summary>The event types of the history, for readers that pass the JSON on as it is stored.</summary>
internal static class HistoryTypes
{
    /// <summary>Their names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. HistoryEvents.All.Select(t => JsonNamingPolicy.SnakeCaseLower.ConvertName(t.Name)).Order(StringComparer.Ordinal)];

    /// <summary>No type is ever made from the JSON here, so none is registered.</summary>
    public static EventTypes Create() => new();
}
