using HvPlatform.Contracts.History;
using HvPlatform.Events;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Operations;
using HvPlatform.Inventory.Vms;

namespace HvPlatform.Inventory.Rebuilding;

/// <summary>All read models in memory, folded from events in commit order by the same functions the consumers use.</summary>
internal sealed class ReadModelFold
{
    readonly Dictionary<Guid, Track> vms = [];
    readonly Dictionary<Guid, HostRecord> hosts = [];
    readonly Dictionary<Guid, OperationRecord> operations = [];

    public IEnumerable<VmRecord> Vms => vms.Values.Select(t => t.Current).OfType<VmRecord>();

    public IReadOnlyCollection<HostRecord> Hosts => hosts.Values;

    public IReadOnlyCollection<OperationRecord> Operations => operations.Values;

    /// <summary>Versions of VMs that are complete, to be written and cleared by the caller.</summary>
    public List<(VmRecord Vm, DateTimeOffset From, DateTimeOffset? To)> ClosedVersions { get; } = [];

    public void Apply(StoredEvent e)
    {
        switch (e.StreamType)
        {
            case "vm":
                ApplyToVm(e);
                break;
            case "host":
                if (HostFold.Apply(hosts.GetValueOrDefault(e.StreamId), e.Data, e.Timestamp) is { } host)
                {
                    hosts[e.StreamId] = host;
                }

                if (e.Data is HostGenerationRestarted restarted)
                {
                    LowerGenerations(restarted);
                }

                break;
            case "operation":
                if (OperationFold.Apply(operations.GetValueOrDefault(e.StreamId), e.Data, e.Timestamp) is { } operation)
                {
                    operations[e.StreamId] = operation;
                }

                break;
        }
    }

    /// <summary>The versions of now, after the last event.</summary>
    public void Finish()
    {
        foreach (var track in vms.Values)
        {
            CloseGroup(track);
            if (track.Written is { } now)
            {
                ClosedVersions.Add((now, track.WrittenFrom, null));
            }
        }
    }

    void ApplyToVm(StoredEvent e)
    {
        if (!vms.TryGetValue(e.StreamId, out var track))
        {
            vms.Add(e.StreamId, track = new());
        }

        // Events of one stream with one timestamp were written by one transaction, which made one version of the VM.
        if (e.Timestamp != track.At)
        {
            CloseGroup(track);
        }

        track.At = e.Timestamp;
        track.Current = VmFold.Apply(track.Current, e.Data, e.Timestamp);
    }

    void CloseGroup(Track track)
    {
        if (track.Current is null || track.Current.LooksLike(track.Written))
        {
            return;
        }

        if (track.Written is { } before)
        {
            ClosedVersions.Add((before, track.WrittenFrom, track.At));
        }

        (track.Written, track.WrittenFrom) = (track.Current, track.At);
    }

    void LowerGenerations(HostGenerationRestarted e)
    {
        foreach (var track in vms.Values.Where(t => t.Current?.On(e.HostId)?.Generation > e.Generation))
        {
            track.Current = track.Current! with
            {
                Placements = [.. track.Current.Placements.Select(p => p.HostId == e.HostId ? p with { Generation = e.Generation } : p)],
            };
        }
    }

    sealed class Track
    {
        public VmRecord? Current { get; set; }

        public DateTimeOffset At { get; set; }

        public VmRecord? Written { get; set; }

        public DateTimeOffset WrittenFrom { get; set; }
    }
}
