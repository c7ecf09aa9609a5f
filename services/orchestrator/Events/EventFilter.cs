using System.Text.Json;
using HvPlatform.Events;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Events;

/// <summary>Which events a stream wants. An event is about a VM or host if it is of that stream or names it.</summary>
internal sealed record EventFilter
{
    static readonly string[] HostMembers = ["hostId", "sourceHostId", "destinationHostId", "fromHostId", "toHostId"];

    public IReadOnlySet<string> Types { get; init; } = new HashSet<string>();

    public Guid? Vm { get; init; }

    public Guid? Host { get; init; }

    public static EventFilter Read(QueryReader query)
    {
        var types = (query.Text("types", 4000) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var type in types.Where(t => !HistoryTypes.Names.Contains(t)))
        {
            query.Wrong("types", $"must be {string.Join(", ", HistoryTypes.Names)}, found '{type}'");
        }

        return new EventFilter { Types = types.ToHashSet(StringComparer.Ordinal), Vm = query.Guid("vm"), Host = query.Guid("host") };
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
