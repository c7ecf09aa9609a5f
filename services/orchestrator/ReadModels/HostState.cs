using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.ReadModels;

/// <summary>A host as the inventory knows it, as far as accepting a request depends on it.</summary>
internal sealed record HostState
{
    public required HostId Id { get; init; }

    public required string Name { get; init; }

    public required HypervisorKind Kind { get; init; }

    public required long MemoryMiB { get; init; }

    public required IReadOnlyList<string> Facets { get; init; }

    public string? MigrationUri { get; init; }

    /// <summary>Most migrations at a time, in or out; null for no limit.</summary>
    public int? MaxConcurrentMigrations { get; init; }

    /// <summary>Bandwidth that all migrations in and out may use together, MiB/s; null for no limit.</summary>
    public int? MaxMigrationBandwidthMiBps { get; init; }

    /// <summary>When its agent was last heard of, UTC.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>As the inventory judges it now: <c>Online</c>, <c>AgentStopped</c>, <c>AgentSilent</c> or <c>HypervisorUnreachable</c>.</summary>
    public required string Status { get; init; }

    /// <summary>No VM is placed on it.</summary>
    public bool InMaintenance { get; init; }

    /// <summary>Why the hypervisor does not answer.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>The agent said that it stops and has not come back.</summary>
    public bool AgentStopped => Status == "AgentStopped";

    /// <summary>Whether a command sent now would be worked on.</summary>
    public bool AgentIsUp => Status is "Online" or HypervisorUnreachable;

    /// <summary>Whether the agent's last heartbeat found the hypervisor answering.</summary>
    public bool HypervisorReachable => Status != HypervisorUnreachable;

    const string HypervisorUnreachable = "HypervisorUnreachable";
}
