using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Output;

/// <summary>The columns of each kind of resource.</summary>
internal static class Tables
{
    const int LongestData = 160;

    public static Table<HostView> Hosts { get; } = new(
        h => h.Name,
        new("NAME", h => h.Name),
        new("STATUS", h => h.Maintenance is null ? h.Status : $"{h.Status}, maintenance"),
        new("KIND", h => $"{h.Kind}"),
        new("VMS", h => $"{h.RunningVmCount}/{h.VmCount}"),
        new("CPUS", h => $"{h.CpuCount}"),
        new("MEMORY", h => $"{h.RunningMemoryMiB}/{h.MemoryMiB} MiB"),
        new("ID", h => $"{h.Id}"),
        new("HYPERVISOR", h => h.Hypervisor, Wide: true),
        new("FREE", h => h.MemoryFreeMiB is { } free ? $"{free} MiB" : "", Wide: true),
        new("RESERVED", h => $"{h.ReservedMemoryMiB} MiB", Wide: true),
        new("AGENT", h => h.AgentVersion, Wide: true),
        new("LAST SEEN", h => Words.At(h.LastSeenAt), Wide: true),
        new("FACETS", h => string.Join(',', h.Facets), Wide: true));

    public static Table<VmSummary> Vms { get; } = new(
        v => v.Name,
        new("NAME", v => v.Name),
        new("STATE", v => v.DeletedAt is not null ? "Deleted" : v.MissingSince is not null ? "Missing" : v.MigrationId is not null ? $"{v.State}, migrating" : v.Stale == true ? $"{v.State}?" : $"{v.State}"),
        new("HOST", v => v.HostName ?? $"{v.HostId}"),
        new("CPUS", v => $"{v.Vcpus}"),
        new("MEMORY", v => $"{v.MemoryMiB} MiB"),
        new("ID", v => $"{v.Id}"),
        new("KIND", v => v.Simulated ? "simulated" : ""),
        new("CPU %", v => Words.Number(v.Figures?.CpuUsagePercent), Wide: true),
        new("GUEST", v => v.Details?.Guest?.OperatingSystem ?? "", Wide: true),
        new("ADDRESSES", v => string.Join(',', v.Details?.Guest?.Networks?.SelectMany(n => n.Addresses ?? []) ?? []), Wide: true),
        new("OBSERVED", v => Words.At(v.ObservedAt), Wide: true));

    public static Table<MigrationView> Migrations { get; } = new(
        m => $"{m.Id}",
        new("ID", m => $"{m.Id}"),
        new("VM", m => m.VmName),
        new("FROM", m => m.SourceHostName ?? $"{m.SourceHostId}"),
        new("TO", m => m.DestinationHostName ?? $"{m.DestinationHostId}"),
        new("STATUS", m => $"{m.Status}"),
        new("PHASE", m => m.Waiting is null ? $"{m.Phase}" : $"{m.Phase}, waits"),
        new("%", m => m.FinishedAt is null ? Words.Number(m.Progress?.Percent, "F0") : ""),
        new("LEFT", m => m.FinishedAt is null ? Words.Left(m.Progress?.EtaP10Ms, m.Progress?.EtaP90Ms) : ""),
        new("TOOK", m => Words.Ms(m.TotalMs), Wide: true),
        new("DOWNTIME", m => Words.Ms(m.DowntimeMs), Wide: true),
        new("SENT", m => Words.Bytes(m.TransferredBytes ?? m.Progress?.TransferredBytes), Wide: true),
        new("BY", m => m.Trail.RequestedBy, Wide: true),
        new("BEGUN", m => Words.At(m.Trail.RequestedAt), Wide: true),
        new("ERROR", m => m.Error?.Message ?? "", Wide: true));

    public static Table<OperationView> Operations { get; } = new(
        o => $"{o.Id}",
        new("ID", o => $"{o.Id}"),
        new("KIND", o => $"{o.Kind}"),
        new("VM", o => o.VmName),
        new("STATUS", o => $"{o.Status}"),
        new("BEGUN", o => Words.At(o.Trail.RequestedAt)),
        new("TOOK", o => o.FinishedAt is { } end ? Words.Ms((long)(end - o.Trail.RequestedAt).TotalMilliseconds) : ""),
        new("BY", o => o.Trail.RequestedBy, Wide: true),
        new("REASON", o => o.Trail.Reason ?? "", Wide: true),
        new("ERROR", o => o.Error?.Message ?? "", Wide: true));

    public static Table<EvacuationView> Evacuations { get; } = new(
        e => $"{e.Id}",
        new("ID", e => $"{e.Id}"),
        new("HOST", e => e.HostName),
        new("STATUS", e => $"{e.Status}"),
        new("MOVED", e => $"{e.Moved}/{e.Total}"),
        new("MOVING", e => $"{e.Moving}"),
        new("FAILED", e => $"{e.Failed}"),
        new("LEFT", e => e.EndedAt is null ? Words.Ms(e.EtaMs) : ""),
        new("BEGUN", e => Words.At(e.Trail.RequestedAt)),
        new("BY", e => e.Trail.RequestedBy, Wide: true));

    public static Table<EvacuationVmView> EvacuationVms { get; } = new(
        v => v.VmName,
        new("VM", v => v.VmName),
        new("STATUS", v => $"{v.Status}"),
        new("TO", v => v.DestinationHostName ?? ""),
        new("ATTEMPTS", v => $"{v.Attempts}"),
        new("TOOK", v => Words.Ms(v.DurationMs)),
        new("WHY", v => v.Error?.Message ?? ""));

    public static Table<PlannedMoveView> PlannedMoves { get; } = new(
        m => m.VmName,
        new("VM", m => m.VmName),
        new("STATE", m => $"{m.State}"),
        new("MEMORY", m => $"{m.MemoryMiB} MiB"),
        new("MODE", m => $"{m.Mode}"),
        new("TO", m => m.DestinationHostName),
        new("WHY", m => m.Why));

    public static Table<HostSwitch> Switches { get; } = new(s => s.Name, new("NAME", s => s.Name), new("KIND", s => s.Kind ?? ""), new("ID", s => s.Id));

    public static Table<HistoryEvent> History { get; } = new(
        e => $"{e.Version}",
        new("#", e => $"{e.Version}"),
        new("AT", e => Words.AtMs(e.At)),
        new("EVENT", e => e.Type),
        new("DATA", e => e.Data.GetRawText() is { Length: > LongestData } text ? $"{text[..LongestData]}…" : e.Data.GetRawText()),
        new("SEQ", e => $"{e.Seq}", Wide: true));
}
