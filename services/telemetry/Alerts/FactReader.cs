using HvPlatform.Contracts;
using Npgsql;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>Reads the facts out of the inventory's read models (docs/howto/read-models.md) and what the orchestrator publishes (docs/howto/alerts.md), all in one round trip and one snapshot of each table.</summary>
internal static class FactReader
{
    const string Hosts = """
        SELECT h.host_id, h.name, h.reachability, c.last_seen_at, h.error ->> 'message', h.memory_mib, c.memory_free_mib
        FROM inventory.hosts h LEFT JOIN inventory.host_contacts c USING (host_id)
        WHERE h.reachability <> 'Online' OR c.memory_free_mib < h.memory_mib / 10
        """;

    const string Vms = """
        SELECT v.vm_id, v.name, v.host_id, h.name, v.state, v.state_reason, v.missing_since, v.duplicate_running
        FROM inventory.vms v LEFT JOIN inventory.hosts h USING (host_id)
        WHERE v.deleted_at IS NULL AND v.migration_id IS NULL
          AND (v.missing_since IS NOT NULL OR v.duplicate_running OR v.state = 'Crashed' OR (v.state = 'Off' AND v.state_reason ~* 'crash|failed'))
        """;

    const string Doubts = """
        SELECT o.operation_id, o.kind, o.vm_id, v.name, o.in_doubt_since, o.unknown
        FROM inventory.operations o LEFT JOIN inventory.vms v USING (vm_id) WHERE o.ended_at IS NULL AND o.status = 'InDoubt'
        """;

    const string Failures = """
        SELECT o.host_id, h.name, count(*)::integer, max(o.error ->> 'message')
        FROM inventory.operations o JOIN inventory.hosts h ON h.host_id = o.host_id
        WHERE o.recorded_at > $1::timestamptz - interval '2 hours' AND o.ended_at > $1::timestamptz - interval '15 minutes' AND o.status = 'Failed' GROUP BY 1, 2
        """;

    const string Certificates = """
        SELECT agent_id, host_name, issued_at, expires_at FROM orchestrator.agent_certificate_view WHERE expires_at - $1::timestamptz < (expires_at - issued_at) / 3
        """;

    const string Webhooks = "SELECT webhook_id, name, dead, paused_reason FROM orchestrator.webhook_dead_view";

    public static async Task<FleetFacts> ReadAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(Hosts), new(Vms), new(Doubts), new(Failures) { Parameters = { new() { Value = now.UtcDateTime } } },
                new(Certificates) { Parameters = { new() { Value = now.UtcDateTime } } }, new(Webhooks),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var hosts = await ListAsync(r => new HostFacts(new(r.GetGuid(0)), r.GetString(1), r.GetString(2), Instant(r, 3), Text(r, 4), r.GetInt64(5), r.IsDBNull(6) ? null : r.GetInt64(6)));
        await reader.NextResultAsync(cancellationToken);
        var vms = await ListAsync(r => new VmFacts(
            new(r.GetGuid(0)), r.GetString(1), new(r.GetGuid(2)), Text(r, 3), Enum.TryParse<VmState>(r.GetString(4), out var state) ? state : VmState.Unknown, Text(r, 5), Instant(r, 6), r.GetBoolean(7)));
        await reader.NextResultAsync(cancellationToken);
        var doubts = await ListAsync(r => new DoubtFacts(new(r.GetGuid(0)), r.GetString(1), new(r.GetGuid(2)), Text(r, 3), Instant(r, 4), Text(r, 5)));
        await reader.NextResultAsync(cancellationToken);
        var failures = await ListAsync(r => new FailureFacts(new(r.GetGuid(0)), r.GetString(1), r.GetInt32(2), Text(r, 3)));
        await reader.NextResultAsync(cancellationToken);
        var certificates = await ListAsync(r => new CertificateFacts(r.GetGuid(0), r.GetString(1), Instant(r, 2)!.Value, Instant(r, 3)!.Value));
        await reader.NextResultAsync(cancellationToken);
        var webhooks = await ListAsync(r => new WebhookFacts(r.GetGuid(0), r.GetString(1), r.GetInt64(2), Text(r, 3)));
        return new() { Now = now, Hosts = hosts, Vms = vms, Doubts = doubts, Failures = failures, Certificates = certificates, Webhooks = webhooks };

        async Task<List<T>> ListAsync<T>(Func<NpgsqlDataReader, T> read)
        {
            var items = new List<T>();
            while (await reader.ReadAsync(cancellationToken))
            {
                items.Add(read(reader));
            }

            return items;
        }
    }

    static string? Text(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    static DateTimeOffset? Instant(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<DateTimeOffset>(ordinal);
}
