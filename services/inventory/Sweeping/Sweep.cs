using HvPlatform.Contracts;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Storage;
using HvPlatform.Inventory.Vms;
using HvPlatform.ServiceKit;
using Npgsql;
using NpgsqlTypes;
using static HvPlatform.Inventory.Storage.SqlParameters;

namespace HvPlatform.Inventory.Sweeping;

/// <summary>What no message says: that a VM's grace period is over, and that a host has fallen silent. Of several processes one does it at a time.</summary>
internal sealed class Sweep(
    [FromKeyedServices(InventoryModule.Schema)] ServiceDatabase database, InventoryWriter writer, InventoryOptions options, TimeProvider time, ILogger<Sweep> logger)
{
    const int MostVmsPerTransaction = 200;
    const int LockClass = 0x73776570;

    readonly DateTimeOffset startedAt = time.GetUtcNow();

    /// <summary>Softly deletes missing VMs. Returns how many.</summary>
    public async Task<int> DeleteMissingAsync(CancellationToken cancellationToken)
    {
        var deleted = 0;
        while (true)
        {
            await using var transaction = await database.BeginAsync(cancellationToken);
            var candidates = await CandidatesAsync(transaction, cancellationToken);
            if (candidates.Count == 0)
            {
                return deleted;
            }

            var load = await new InventoryLoad(transaction).LockVms(candidates).RunAsync(cancellationToken);
            var now = time.Now();
            var changes = load.Vms.Values.Select(vm => VmRules.GraceElapsed(vm, options.MissingGrace, now)).Where(c => c.Events.Count > 0).ToList();
            writer.Save(transaction, default, vms: changes);
            await transaction.CommitAsync(cancellationToken);
            deleted += changes.Count;
            if (changes.Count > 0)
            {
                Log.MissingDeleted(logger, changes.Count, options.MissingGrace);
            }

            if (candidates.Count < MostVmsPerTransaction || changes.Count == 0)
            {
                return deleted;
            }
        }
    }

    /// <summary>Records hosts that missed three heartbeats. Waits that long after the start: until then the silence may have been ours. Returns how many.</summary>
    public async Task<int> MarkSilentAsync(CancellationToken cancellationToken)
    {
        var marked = 0;
        foreach (var host in await SilentHostsAsync(cancellationToken))
        {
            await using var transaction = await database.BeginAsync(cancellationToken);
            var load = await new InventoryLoad(transaction).LockHost(host).Host(host).RunAsync(cancellationToken);
            if (load is not { HostRow: { } row, Contact: { } contact } || time.GetUtcNow() - startedAt < row.SilenceLimit)
            {
                continue;
            }

            var change = HostRules.Silent(row, contact, time.Now());
            if (change.Events.Count > 0)
            {
                writer.Save(transaction, default, change);
                await transaction.CommitAsync(cancellationToken);
                Log.HostSilent(logger, host, contact.LastSeenAt);
                marked++;
            }
        }

        return marked;
    }

    async Task<List<Guid>> CandidatesAsync(HvTransaction transaction, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT v.vm_id FROM vms v
            WHERE v.missing_since <= $1 AND v.deleted_at IS NULL AND v.migration_id IS NULL
              AND NOT EXISTS (SELECT 1 FROM placements p LEFT JOIN host_contacts c USING (host_id)
                              WHERE p.vm_id = v.vm_id AND p.gone_at IS NULL AND (c.evidence_at >= p.missing_since + $2) IS NOT TRUE)
            ORDER BY v.missing_since LIMIT $3
            """;
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction.Transaction)
        {
            BatchCommands =
            {
                Sql("SELECT pg_try_advisory_xact_lock($1, 1)").With(NpgsqlDbType.Integer, LockClass),
                Sql(sql).WithInstant(time.Now() - options.MissingGrace).With(NpgsqlDbType.Interval, options.MissingGrace).With(NpgsqlDbType.Integer, MostVmsPerTransaction),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (!reader.GetBoolean(0))
        {
            return [];
        }

        await reader.NextResultAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    async Task<List<HostId>> SilentHostsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT h.host_id FROM hosts h JOIN host_contacts c USING (host_id)
            WHERE h.reachability IN ('Online', 'HypervisorUnreachable') AND c.last_seen_at < $1::timestamptz - make_interval(secs => 3 * h.heartbeat_seconds)
            """);
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = time.Now().UtcDateTime });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var hosts = new List<HostId>();
        while (await reader.ReadAsync(cancellationToken))
        {
            hosts.Add(new(reader.GetGuid(0)));
        }

        return hosts;
    }
}
