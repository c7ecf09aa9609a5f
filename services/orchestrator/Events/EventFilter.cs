using System.Text.Json;
using HvPlatform.Events;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Live;

namespace HvPlatform.Orchestrator.Events;

/// <summary>Which events a stream wants. An event is about a VM or host if it is of that stream or names it.</summary>
internal sealed record EventFilter
{
    static readonly string[] HostMembers = ["hostId", "sourceHostId", "destinationHostId", "fromHostId", "toHostId"];

    public IReadOnlySet<string> Types { get; init; } = new HashSet<string>();

    public Guid? Vm { get; init; }

    public Guid? Host { get; init; }

    /// <summary>Whether transient events are wanted beside the history.</summary>
    public bool Live { get; init; }

    /// <summary>The names of all events there are.</summary>
    public static IReadOnlyList<string> AllTypes { get; } = [.. HistoryTypes.Names.Concat(LiveTypes.Names).Order(StringComparer.Ordinal)];

    public static EventFilter Read(QueryReader query)
    {
        var types = (query.Text("types", 4000) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var live = query.Bool("live") ?? false;
        foreach (var type in types)
        {
            if (!AllTypes.Contains(type))
            {
                query.Wrong("types", $"must be {string.Join(", ", AllTypes)}, found '{type}'");
            }
            else if (!live && LiveTypes.Names.Contains(type))
            {
                query.Wrong("types", $"'{type}' is only told with live=true");
            }
        }

        return new EventFilter { Live = live, Types = types.ToHashSet(StringComparer.Ordinal), Vm = query.Guid("vm"), Host = query.Guid("host") };
    }

    public bool Passes(StoredEvent e)
    {
        if (Types.Count > 0 && !Types.Contains(e.Type))
        {
            return false;
        }

        if (Vm is null && Host is null)
        {
            return true;
        }

        using var data = JsonDocument.Parse(e.Utf8Json);
        return (Vm is not { } vm || e.StreamId == vm || Names(data.RootElement, "vmId", vm))
            && (Host is not { } host || e.StreamId == host || HostMembers.Any(member => Names(data.RootElement, member, host)));
    }

    static bool Names(JsonElement data, string member, Guid id) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
        && value.TryGetGuid(out var found) && found == id;
}
