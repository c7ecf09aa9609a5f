using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Inventory.Hosts;

/// <summary>A host: the fold of its stream. A row of table <c>hosts</c>.</summary>
internal sealed record HostRecord
{
    public required HostId Id { get; init; }

    public required long Version { get; init; }

    public required string Name { get; init; }

    public required HypervisorKind Kind { get; init; }

    public required HostCapabilities Capabilities { get; init; }

    public required string AgentVersion { get; init; }

    public required double HeartbeatSeconds { get; init; }

    public required HostReachability Reachability { get; init; }

    public required DateTimeOffset ReachabilitySince { get; init; }

    public ErrorInfo? Error { get; init; }

    /// <summary>Why and since when no VM is placed on it; null for a host that takes VMs.</summary>
    public HostMaintenance? Maintenance { get; init; }

    public required DateTimeOffset JoinedAt { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>How long a host may be silent before it counts as down.</summary>
    public TimeSpan SilenceLimit => TimeSpan.FromSeconds(3 * HeartbeatSeconds);
}

/// <summary>A host's maintenance, as the orchestrator told it.</summary>
internal sealed record HostMaintenance(DateTimeOffset Since, string RequestedBy, string? Reason);

/// <summary>What a host's agent said last, without a history. A row of table <c>host_contacts</c>.</summary>
internal sealed record HostContact
{
    public required HostId HostId { get; init; }

    /// <summary>By the inventory's clock.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    public DateTimeOffset? HeartbeatSentAt { get; init; }

    /// <summary>When the agent said that it stops, by its clock. What it sent before that says nothing about now.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    public DateTimeOffset? AgentStartedAt { get; init; }

    public long? MemoryFreeMiB { get; init; }

    /// <summary>Of the last complete report.</summary>
    public long Generation { get; init; }

    /// <summary>When that report was made, by the agent's clock.</summary>
    public DateTimeOffset? ObservedAt { get; init; }

    /// <summary>Of the last report of any kind.</summary>
    public HostReportOutcome? ReportOutcome { get; init; }

    public ErrorInfo? ReportError { get; init; }

    public int? ReportVms { get; init; }

    public DateTimeOffset? ReportReceivedAt { get; init; }

    /// <summary>When the last complete report with at least one VM came in. Only such reports count towards the deletion of a missing VM.</summary>
    public DateTimeOffset? EvidenceAt { get; init; }
}
