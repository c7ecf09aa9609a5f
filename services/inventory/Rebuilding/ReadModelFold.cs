using HvPlatform.Contracts.History;
using HvPlatform.Events;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Operations;
using HvPlatform.Inventory.Vms;

namespace HvPlatform.Inventory.Rebuilding;

/// <summary>All read models in memory, folded from events in commit order by the same functions the consumers use.</summary>
internal sealed class ReadModelFold
{
    readonly Dictionary<Guid, Track<VmRecord>> vms = [];
    readonly Dictionary<Guid, Track<VmRecord>> devices = [];
    readonly Dictionary<Guid, Track<HostRecord>> hosts = [];
    readonly Dictionary<Guid, Track<OperationRecord>> operations = [];

    public IEnumerable<VmRecord> Vms => vms.Values.Select(t => t.Current).OfType<VmRecord>();

    public IEnumerable<HostRecord> Hosts => hosts.Values.Select(t => t.Current).OfType<HostRecord>();

    public IEnumerable<OperationRecord> Operations => operations.Values.Select(t => t.Current).OfType<OperationRecord>();

    /// <summary>Versions that are complete, to be written and cleared by the caller.</summary>
    public List<(VmRecord Row, DateTimeOffset From, DateTimeOffset? To)> VmVersions { get; } = [];

    /// <summary>The same of their disks and network adapters.</summary>
    public List<(VmRecord Row, DateTimeOffset From, DateTimeOffset? To)> VmDevices { get; } = [];

    public List<(HostRecord Row, DateTimeOffset From, DateTimeOffset? To)> HostVersions { get; } = [];

    public List<(OperationRecord Row, DateTimeOffset From, DateTimeOffset? To)> OperationVersions { get; } = [];

    public void Apply(StoredEvent e)
    {
        switch (e.StreamType)
        {
            case "vm":
                Apply(vms, e, VmFold.Apply, VmVersions, (now, before) => now.LooksLike(before));
                Apply(devices, e, (_, _, _) => vms[e.StreamId].Current, VmDevices, (now, before) => now.HasDevicesOf(before));
                break;
            case "host":
                Apply(hosts, e, HostFold.Apply, HostVersions);
                if (e.Data is HostGenerationRestarted restarted)
                {
                    LowerGenerations(restarted);
                }

                break;
            case "operation":
                Apply(operations, e, OperationFold.Apply, OperationVersions);
                break;
        }
    }

    /// <summary>The versions of now, after the last event.</summary>
    public void Finish()
    {
        Finish(vms, VmVersions);
        Finish(devices, VmDevices);
        Finish(hosts, HostVersions);
        Finish(operations, OperationVersions);
    }

    static void Apply<T>(
        Dictionary<Guid, Track<T>> tracks, StoredEvent e, Func<T?, object, DateTimeOffset, T?> fold, List<(T, DateTimeOffset, DateTimeOffset?)> versions, Func<T, T?, bool>? same = null)
        where T : class
    {
        if (!tracks.TryGetValue(e.StreamId, out var track))
        {
            tracks.Add(e.StreamId, track = new(same));
        }

        // Events of one stream with one timestamp were written by one transaction, which made one version of the row.
        if (e.Timestamp != track.At)
        {
            track.Close(versions);
        }

        track.At = e.Timestamp;
        track.Current = fold(track.Current, e.Data, e.Timestamp);
    }

    static void Finish<T>(Dictionary<Guid, Track<T>> tracks, List<(T, DateTimeOffset, DateTimeOffset?)> versions)
        where T : class
    {
        foreach (var track in tracks.Values)
        {
            track.Close(versions);
            if (track.Written is { } now)
            {
                versions.Add((now, track.WrittenFrom, null));
            }
        }
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

    sealed class Track<T>(Func<T, T?, bool>? same)
        where T : class
    {
        public T? Current { get; set; }

        public DateTimeOffset At { get; set; }

        public T? Written { get; private set; }

        public DateTimeOffset WrittenFrom { get; private set; }

        /// <summary>The transaction whose events came last is over: its row is a version, unless a reader of the past would see no difference.</summary>
        public void Close(List<(T, DateTimeOffset, DateTimeOffset?)> versions)
        {
            if (Current is null || ReferenceEquals(Current, Written) || same?.Invoke(Current, Written) == true)
            {
                return;
            }

            if (Written is { } before)
            {
                versions.Add((before, WrittenFrom, At));
            }

            (Written, WrittenFrom) = (Current, At);
        }
    }
}
