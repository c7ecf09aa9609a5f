using HvPlatform.Contracts;
using Npgsql;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>
/// Reads the facts out of the inventory's read models (docs/howto/read-models.md) and what the orchestrator publishes (docs/howto/alerts.md): in three round trips
/// and one snapshot of each table. What the orchestrator has not made yet is left unknown; without the inventory nothing is known, which throws.
/// </summary>
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

    const string CertificateView = "orchestrator.agent_certificate_view", WebhookView = "orchestrator.webhook_dead_view";

    const string Certificates = $"""
        SELECT agent_id, host_name, issued_at, expires_at FROM {CertificateView} WHERE expires_at - $1::timestamptz < (expires_at - issued_at) / 3
        """;

    const string Webhooks = $"SELECT webhook_id, name, dead, paused_reason FROM {WebhookView}";

    /// <summary>Which views of the orchestrator are not there. A query for one of these would end the transaction.</summary>
    const string MissingViews = $"SELECT v FROM unnest(ARRAY['{CertificateView}', '{WebhookView}']) AS v WHERE to_regclass(v) IS NULL";

    public static async Task<FleetFacts> ReadAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(Hosts), new(Vms), new(Doubts), new(Failures) { Parameters = { new() { Value = now.UtcDateTime } } }, new(MissingViews),
            },
        };
        FleetFacts facts;
        List<string> missing;
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            var hosts = await ListAsync(
                reader, r => new HostFacts(new(r.GetGuid(0)), r.GetString(1), r.GetString(2), Instant(r, 3), Text(r, 4), r.GetInt64(5), r.IsDBNull(6) ? null : r.GetInt64(6)), cancellationToken);
            var vms = await ListAsync(
                reader,
                r => new VmFacts(
                    new(r.GetGuid(0)), r.GetString(1), new(r.GetGuid(2)), Text(r, 3), Enum.TryParse<VmState>(r.GetString(4), out var state) ? state : VmState.Unknown, Text(r, 5), Instant(r, 6), r.GetBoolean(7)),
                cancellationToken);
            var doubts = await ListAsync(reader, r => new DoubtFacts(new(r.GetGuid(0)), r.GetString(1), new(r.GetGuid(2)), Text(r, 3), Instant(r, 4), Text(r, 5)), cancellationToken);
            var failures = await ListAsync(reader, r => new FailureFacts(new(r.GetGuid(0)), r.GetString(1), r.GetInt32(2), Text(r, 3)), cancellationToken);
            missing = await ListAsync(reader, r => r.GetString(0), cancellationToken);
            facts = new() { Now = now, Hosts = hosts, Vms = vms, Doubts = doubts, Failures = failures, Missing = missing.Count == 0 ? null : $"{string.Join(" and ", missing)} not there" };
        }

        return facts with
        {
            Certificates = await ViewAsync(
                CertificateView, Certificates, r => new CertificateFacts(r.GetGuid(0), r.GetString(1), Instant(r, 2)!.Value, Instant(r, 3)!.Value), new NpgsqlParameter { Value = now.UtcDateTime }),
            Webhooks = await ViewAsync(WebhookView, Webhooks, r => new WebhookFacts(r.GetGuid(0), r.GetString(1), r.GetInt64(2), Text(r, 3))),
        };

        async Task<List<T>?> ViewAsync<T>(string view, string sql, Func<NpgsqlDataReader, T> read, params NpgsqlParameter[] parameters)
        {
            if (missing.Contains(view))
            {
                return null;
            }

            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await ListAsync(reader, read, cancellationToken);
        }
    }

    /// <summary>The rows of the result at hand; afterwards the next one is.</summary>
    static async Task<List<T>> ListAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var items = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            items.Add(read(reader));
        }

        await reader.NextResultAsync(cancellationToken);
        return items;
    }

    static string? Text(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    static DateTimeOffset? Instant(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<DateTimeOffset>(ordinal);
}
