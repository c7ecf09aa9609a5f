using HvPlatform.Contracts;
using Npgsql;
using NpgsqlTypes;
using static HvPlatform.Inventory.Storage.SqlParameters;

namespace HvPlatform.Inventory.Hosts;

/// <summary>Writing hosts' rows.</summary>
internal static class HostSql
{
    public static NpgsqlBatchCommand SaveHost(HostRecord h) => Sql("""
        INSERT INTO hosts (host_id, version, name, kind, agent_version, heartbeat_seconds, hypervisor, cpu_model, cpu_count, memory_mib, facets, migration_uri,
                           max_concurrent_migrations, capabilities, reachability, reachability_since, error, joined_at, changed_at, maintenance)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        ON CONFLICT (host_id) DO UPDATE SET (version, name, kind, agent_version, heartbeat_seconds, hypervisor, cpu_model, cpu_count, memory_mib, facets, migration_uri,
                           max_concurrent_migrations, capabilities, reachability, reachability_since, error, joined_at, changed_at, maintenance)
          = (excluded.version, excluded.name, excluded.kind, excluded.agent_version, excluded.heartbeat_seconds, excluded.hypervisor, excluded.cpu_model,
             excluded.cpu_count, excluded.memory_mib, excluded.facets, excluded.migration_uri, excluded.max_concurrent_migrations, excluded.capabilities,
             excluded.reachability, excluded.reachability_since, excluded.error, excluded.joined_at, excluded.changed_at, excluded.maintenance)
        """)
        .WithUuid(h.Id.Value)
        .WithLong(h.Version)
        .WithText(h.Name)
        .WithText(h.Kind.ToString())
        .WithText(h.AgentVersion)
        .With(NpgsqlDbType.Double, h.HeartbeatSeconds)
        .WithText(h.Capabilities.Hypervisor)
        .WithText(h.Capabilities.CpuModel)
        .With(NpgsqlDbType.Integer, h.Capabilities.CpuCount)
        .WithLong(h.Capabilities.MemoryMiB)
        .WithArray(NpgsqlDbType.Text, h.Capabilities.Facets)
        .WithText(h.Capabilities.MigrationUri)
        .With(NpgsqlDbType.Integer, h.Capabilities.MaxConcurrentMigrations)
        .WithJson(h.Capabilities)
        .WithText(h.Reachability.ToString())
        .WithInstant(h.ReachabilitySince)
        .WithJson(h.Error)
        .WithInstant(h.JoinedAt)
        .WithInstant(h.ChangedAt)
        .WithJson(h.Maintenance);

    /// <summary>Ends the version of now.</summary>
    public static NpgsqlBatchCommand CloseVersion(HostId host, DateTimeOffset at) =>
        Sql("UPDATE host_versions SET valid_to = $2 WHERE host_id = $1 AND valid_to = 'infinity'").WithUuid(host.Value).WithInstant(at);

    /// <summary>A version of a host; one without an end is the version of now.</summary>
    public static NpgsqlBatchCommand InsertVersion(HostRecord h, DateTimeOffset from, DateTimeOffset? to) => Sql("""
        INSERT INTO host_versions (host_id, valid_from, valid_to, version, name, kind, agent_version, heartbeat_seconds, hypervisor, cpu_model, cpu_count, memory_mib, facets,
                                   migration_uri, max_concurrent_migrations, capabilities, reachability, reachability_since, error, joined_at, maintenance)
        VALUES ($1, $2, coalesce($3, 'infinity'), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        """)
        .WithUuid(h.Id.Value)
        .WithInstant(from)
        .WithInstant(to)
        .WithLong(h.Version)
        .WithText(h.Name)
        .WithText(h.Kind.ToString())
        .WithText(h.AgentVersion)
        .With(NpgsqlDbType.Double, h.HeartbeatSeconds)
        .WithText(h.Capabilities.Hypervisor)
        .WithText(h.Capabilities.CpuModel)
        .With(NpgsqlDbType.Integer, h.Capabilities.CpuCount)
        .WithLong(h.Capabilities.MemoryMiB)
        .WithArray(NpgsqlDbType.Text, h.Capabilities.Facets)
        .WithText(h.Capabilities.MigrationUri)
        .With(NpgsqlDbType.Integer, h.Capabilities.MaxConcurrentMigrations)
        .WithJson(h.Capabilities)
        .WithText(h.Reachability.ToString())
        .WithInstant(h.ReachabilitySince)
        .WithJson(h.Error)
        .WithInstant(h.JoinedAt)
        .WithJson(h.Maintenance);

    public static NpgsqlBatchCommand SaveContact(HostContact c) => Sql("""
        INSERT INTO host_contacts (host_id, last_seen_at, heartbeat_sent_at, stopped_at, agent_started_at, memory_free_mib, generation, observed_at,
                                   report_outcome, report_error, report_vms, report_received_at, evidence_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (host_id) DO UPDATE SET (last_seen_at, heartbeat_sent_at, stopped_at, agent_started_at, memory_free_mib, generation, observed_at,
                                   report_outcome, report_error, report_vms, report_received_at, evidence_at)
          = (excluded.last_seen_at, excluded.heartbeat_sent_at, excluded.stopped_at, excluded.agent_started_at, excluded.memory_free_mib, excluded.generation,
             excluded.observed_at, excluded.report_outcome, excluded.report_error, excluded.report_vms, excluded.report_received_at, excluded.evidence_at)
        """)
        .WithUuid(c.HostId.Value)
        .WithInstant(c.LastSeenAt)
        .WithInstant(c.HeartbeatSentAt)
        .WithInstant(c.StoppedAt)
        .WithInstant(c.AgentStartedAt)
        .WithLong(c.MemoryFreeMiB)
        .WithLong(c.Generation)
        .WithInstant(c.ObservedAt)
        .WithText(c.ReportOutcome?.ToString())
        .WithJson(c.ReportError)
        .With(NpgsqlDbType.Integer, c.ReportVms)
        .WithInstant(c.ReportReceivedAt)
        .WithInstant(c.EvidenceAt);

    public static NpgsqlBatchCommand LowerGenerations(HostId host, long ceiling) =>
        Sql("UPDATE placements SET generation = $2 WHERE host_id = $1 AND generation > $2").WithUuid(host.Value).WithLong(ceiling);
}
