using System.Text.Json;
using HvPlatform.Contracts.History;

namespace HvPlatform.Orchestrator.Events;

/// <summary>The event types of the history, for readers that pass the JSON on as it is stored.</summary>
internal static class HistoryTypes
{
    /// <summary>Their names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. HistoryEvents.All.Select(t => JsonNamingPolicy.SnakeCaseLower.ConvertName(t.Name)).Order(StringComparer.Ordinal)];
}
