using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Inventory.Vms;

/// <summary>A VM on one host: what that host's agent said last. A row of table <c>placements</c>.</summary>
internal sealed record PlacementRecord
{
    public required HostId HostId { get; init; }

    public required VmInfo Info { get; init; }

    public string? Cause { get; init; }

    /// <summary>Of the newest observation of this VM alone; 0 when only a migration's outcome says that it is here.</summary>
    public required long Generation { get; init; }

    public required DateTimeOffset ObservedAt { get; init; }

    public required DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>Since when the host no longer shows it, by the inventory's clock.</summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>Set on a tombstone, which keeps the generation so that late, older observations stay dropped.</summary>
    public DateTimeOffset? GoneAt { get; init; }

    /// <summary>The generation of the host's last complete report: it confirmed the presence or absence of every VM with a lower one.</summary>
    public long HostGeneration { get; init; }

    /// <summary>When that report was made.</summary>
    public DateTimeOffset? HostObservedAt { get; init; }

    /// <summary>When the host's last complete report with at least one VM came in, by the inventory's clock.</summary>
    public DateTimeOffset? HostEvidenceAt { get; init; }

    public bool IsPresent => GoneAt is null && MissingSince is null;

    public long KnownGeneration => Math.Max(Generation, HostGeneration);

    /// <summary>When the host last confirmed this.</summary>
    public DateTimeOffset ConfirmedAt => IsPresent && HostObservedAt is { } h && h > ObservedAt ? h : ObservedAt;
}
