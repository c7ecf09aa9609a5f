using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Http;
using Npgsql;

namespace HvPlatform.Orchestrator.Hosts;

/// <summary>A host as the API shows it.</summary>
internal sealed record HostView
{
    public required HostId Id { get; init; }

    /// <summary>Grows with every event about the host.</summary>
    public required long Version { get; init; }

    public required string Name { get; init; }

    public required HypervisorKind Kind { get; init; }

    /// <summary>True for the built-in simulated hypervisor: its VMs do not really exist.</summary>
    public required bool Simulated { get; init; }

    /// <summary>Online, AgentStopped, AgentSilent or HypervisorUnreachable.</summary>
    public required string Status { get; init; }

    /// <summary>Since when the history knows it so.</summary>
    public required DateTimeOffset StatusSince { get; init; }

    /// <summary>Why it is not online.</summary>
    public ErrorInfo? Error { get; init; }

    public DateTimeOffset? LastSeenAt { get; init; }

    public required string Hypervisor { get; init; }

    public required string CpuModel { get; init; }

    public required int CpuCount { get; init; }

    /// <summary>Memory that VMs may use.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>Memory not in use, as the hypervisor says.</summary>
    public long? MemoryFreeMiB { get; init; }

    /// <summary>Memory set aside for migrations on their way here; absent in a view of the past.</summary>
    public long? ReservedMemoryMiB { get; init; }

    /// <summary>What the host's driver can do beyond start, stop and list.</summary>
    public required IReadOnlyList<string> Facets { get; init; }

    /// <summary>Where another host's hypervisor reaches this one.</summary>
    public string? MigrationUri { get; init; }

    public int? MaxConcurrentMigrations { get; init; }

    public required int VmCount { get; init; }

    public required int RunningVmCount { get; init; }

    /// <summary>Memory of the VMs that hold it.</summary>
    public required long RunningMemoryMiB { get; init; }

    public required string AgentVersion { get; init; }

    public DateTimeOffset? AgentStartedAt { get; init; }

    public required double HeartbeatSeconds { get; init; }

    /// <summary>Complete, Partial or Failed: how the last full report went.</summary>
    public string? ReportOutcome { get; init; }

    public DateTimeOffset? ReportReceivedAt { get; init; }

    public required DateTimeOffset JoinedAt { get; init; }

    /// <summary>Since when and why no VM is placed on it; absent for a host that takes VMs.</summary>
    public HostMaintenanceView? Maintenance { get; init; }

    /// <summary>The instant this is the view of; absent for now, and in lists, which say it once.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>In a view of the past: the members that are absent because they have no history.</summary>
    public IReadOnlyList<string>? NotKept { get; init; }

    public required string Url { get; init; }

    /// <summary>The tag of this copy. Maintenance is known here before the host's history tells it.</summary>
    public string Etag() => ETags.OfVersion(Version, Maintenance is null ? Status : $"{Status}-{Maintenance.Since.ToUnixTimeMilliseconds()}");

    /// <summary>The columns <see cref="Read"/> expects, of a <c>host_view</c> called <c>h</c>.</summary>
    public const string Columns = """
        h.host_id, h.version, h.name, h.kind, h.simulated, h.status, h.reachability_since, h.error, h.last_seen_at, h.hypervisor, h.cpu_model, h.cpu_count,
        h.memory_mib, h.memory_free_mib, (SELECT coalesce(sum(r.memory_mib), 0)::bigint FROM orchestrator.reservations r WHERE r.host_id = h.host_id),
        h.facets, h.migration_uri, h.max_concurrent_migrations, h.vm_count, h.running_vm_count, h.running_memory_mib, h.agent_version, h.agent_started_at,
        h.heartbeat_seconds, h.report_outcome, h.report_received_at, h.joined_at,
        (SELECT jsonb_build_object('since', m.entered_at, 'requestedBy', m.requested_by, 'reason', m.reason,
                'evacuationUrl', '/v1/evacuations/' || (SELECT e.id FROM orchestrator.evacuations e WHERE e.host_id = h.host_id AND e.ended_at IS NULL))
         FROM orchestrator.host_maintenance m WHERE m.host_id = h.host_id)
        """;

    /// <summary>Where <see cref="Columns"/> come from.</summary>
    public const string Source = "inventory.host_view h";

    /// <summary>The same columns as of instant $1, of <see cref="PastSource"/>.</summary>
    public const string PastColumns = """
        h.host_id, h.version, h.name, h.kind, h.simulated, h.status, h.reachability_since, h.error, NULL::timestamptz, h.hypervisor, h.cpu_model, h.cpu_count,
        h.memory_mib, NULL::bigint, NULL::bigint, h.facets, h.migration_uri, h.max_concurrent_migrations, coalesce(n.vm_count, 0), coalesce(n.running_vm_count, 0),
        coalesce(n.running_memory_mib, 0), h.agent_version, NULL::timestamptz, h.heartbeat_seconds, NULL::text, NULL::timestamptz, h.joined_at,
        h.maintenance || jsonb_build_object('evacuationUrl', '/v1/evacuations/' || (SELECT e.id FROM orchestrator.evacuations e
            WHERE e.host_id = h.host_id AND e.accepted_at <= $1 AND (e.ended_at IS NULL OR e.ended_at > $1) LIMIT 1))
        """;

    /// <summary>The hosts as of instant $1, called <c>h</c>, and what was on them.</summary>
    public const string PastSource = """
        (SELECT v.*, v.reachability AS status FROM inventory.hosts_as_of($1) v) h
        LEFT JOIN (SELECT host_id, count(*)::integer AS vm_count, (count(*) FILTER (WHERE state = 'Running'))::integer AS running_vm_count,
                          (sum(memory_mib) FILTER (WHERE state IN ('Running', 'Paused')))::bigint AS running_memory_mib
                   FROM inventory.fleet_as_of($1) GROUP BY host_id) n ON n.host_id = h.host_id
        """;

    /// <summary>Members that have no history.</summary>
    public static IReadOnlyList<string> NotKeptMembers { get; } = ["lastSeenAt", "memoryFreeMiB", "reservedMemoryMiB", "agentStartedAt", "reportOutcome", "reportReceivedAt"];

    public static HostView Read(NpgsqlDataReader reader)
    {
        var id = new HostId(reader.GetGuid(0));
        return new HostView
        {
            Id = id,
            Version = reader.GetInt64(1),
            Name = reader.GetString(2),
            Kind = reader.Enum<HypervisorKind>(3),
            Simulated = reader.GetBoolean(4),
            Status = reader.GetString(5),
            StatusSince = reader.Instant(6),
            Error = reader.Json<ErrorInfo>(7),
            LastSeenAt = reader.InstantOrNull(8),
            Hypervisor = reader.GetString(9),
            CpuModel = reader.GetString(10),
            CpuCount = reader.GetInt32(11),
            MemoryMiB = reader.GetInt64(12),
            MemoryFreeMiB = reader.IsDBNull(13) ? null : reader.GetInt64(13),
            ReservedMemoryMiB = reader.IsDBNull(14) ? null : reader.GetInt64(14),
            Facets = reader.GetFieldValue<string[]>(15),
            MigrationUri = reader.Text(16),
            MaxConcurrentMigrations = reader.IsDBNull(17) ? null : reader.GetInt32(17),
            VmCount = reader.GetInt32(18),
            RunningVmCount = reader.GetInt32(19),
            RunningMemoryMiB = reader.GetInt64(20),
            AgentVersion = reader.GetString(21),
            AgentStartedAt = reader.InstantOrNull(22),
            HeartbeatSeconds = reader.GetDouble(23),
            ReportOutcome = reader.Text(24),
            ReportReceivedAt = reader.InstantOrNull(25),
            JoinedAt = reader.Instant(26),
            Maintenance = reader.Json<HostMaintenanceView>(27),
            Url = Urls.Host(id),
        };
    }
}

/// <summary>A host's maintenance.</summary>
internal sealed record HostMaintenanceView
{
    public required DateTimeOffset Since { get; init; }

    public required string RequestedBy { get; init; }

    public string? Reason { get; init; }

    /// <summary>The evacuation that empties it just now.</summary>
    public string? EvacuationUrl { get; init; }
}
