using HvPlatform.Contracts.History;

namespace HvPlatform.Inventory.Hosts;

/// <summary>What one message does to one host: events, the row after them, and what was heard.</summary>
internal sealed class HostChange(HostRecord? before, HostContact contact, DateTimeOffset now)
{
    readonly List<object> events = [];

    public HostRecord? Before { get; } = before;

    public HostRecord? After { get; private set; } = before;

    public IReadOnlyList<object> Events => events;

    public HostContact Contact { get; set; } = contact;

    public DateTimeOffset At { get; } = before is { } b && now <= b.ChangedAt ? b.ChangedAt.AddMicroseconds(1) : now;

    /// <summary>Set when the agent counts generations from a lower number: what is stored about its VMs must not outrank what it says from here on.</summary>
    public long? GenerationCeiling { get; private set; }

    public void Add(object e)
    {
        events.Add(e);
        After = HostFold.Apply(After, e, At);
        GenerationCeiling = e is HostGenerationRestarted r ? r.Generation : GenerationCeiling;
    }
}
