using HvPlatform.Contracts;

namespace HvPlatform.Inventory.Vms;

/// <summary>
/// What one message does to one VM: the events, and the rows after them. A rule adds events one by one and sees the VM as each leaves it,
/// so a later part of the rule never decides on stale rows.
/// </summary>
internal sealed class VmChange(VmRecord? before, DateTimeOffset now)
{
    readonly List<object> events = [];

    public VmRecord? Before { get; } = before;

    public VmRecord? After { get; private set; } = before;

    public IReadOnlyList<object> Events => events;

    /// <summary>When the inventory recorded it. Later than the VM's last change even if a clock runs behind, so that a VM's versions never overlap.</summary>
    public DateTimeOffset At { get; } = before is { } b && now <= b.ChangedAt ? b.ChangedAt.AddMicroseconds(1) : now;

    /// <summary>A placement that was confirmed without a change: its generation is to be kept, no event is due.</summary>
    public PlacementRecord? Confirmed { get; private set; }

    public void Add(object e)
    {
        events.Add(e);
        After = VmFold.Apply(After, e, At);
    }

    /// <summary>Keeps that the host said the same again.</summary>
    public void Confirm(HostId host, long generation, DateTimeOffset observedAt)
    {
        After = After! with
        {
            Placements = [.. After.Placements.Select(p => p.HostId == host ? p with { Generation = Math.Max(generation, p.Generation), ObservedAt = observedAt } : p)],
        };
        Confirmed = After.On(host);
    }
}
