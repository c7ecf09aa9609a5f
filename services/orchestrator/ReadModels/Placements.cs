using HvPlatform.Contracts;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.ReadModels;

/// <summary>
/// What a decision needs to know of VMs and hosts: the inventory's published read models (docs/howto/read-models.md), overruled by what an
/// operation's outcome has said since (<c>vm_facts</c>), so that a request right after an outcome is judged by it.
/// </summary>
internal static class Placements
{
    public static async Task<VmPlacement?> FindVmAsync(HvTransaction tx, VmId vm, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            SELECT v.name, v.host_id, v.state, v.memory_mib, coalesce((p.info ->> 'epoch')::bigint, 0), v.missing_since, v.deleted_at,
                   coalesce(v.observed_at, v.changed_at), f.name, f.host_id, f.state, f.deleted, f.at, coalesce(v.duplicate_running, false)
            FROM (SELECT $1::uuid AS id) i
            LEFT JOIN inventory.vm_view v ON v.vm_id = i.id
            LEFT JOIN inventory.placement_view p ON p.vm_id = i.id AND p.host_id = v.host_id
            LEFT JOIN orchestrator.vm_facts f ON f.vm_id = i.id
            """,
            vm);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var seen = reader.IsDBNull(0) ? null : ReadSeen(reader, vm);
        if (reader.IsDBNull(8) || (seen is not null && seen.ObservedAt >= reader.Instant(12)))
        {
            return seen;
        }

        var deleted = reader.GetBoolean(11);
        var at = reader.Instant(12);
        if (deleted && seen is null)
        {
            return null;
        }

        return new VmPlacement
        {
            Id = vm,
            Name = reader.GetString(8),
            HostId = new HostId(reader.GetGuid(9)),
            State = reader.Enum<VmState>(10),
            MemoryMiB = seen?.MemoryMiB ?? 0,
            Epoch = seen?.Epoch ?? 0,
            DeletedAt = deleted ? at : null,
            RunsTwice = seen?.RunsTwice ?? false,
            ObservedAt = at,
        };
    }

    public static async Task<HostState?> FindHostAsync(HvTransaction tx, HostId host, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            SELECT name, kind, memory_mib, facets, migration_uri, coalesce(last_seen_at, joined_at), status, error,
                   EXISTS (SELECT FROM orchestrator.host_maintenance m WHERE m.host_id = h.host_id),
                   max_concurrent_migrations, (capabilities ->> 'maxMigrationBandwidthMiBps')::int
            FROM inventory.host_view h WHERE host_id = $1
            """,
            host);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadHost(reader, host) : null;
    }

    /// <summary>The VM with this name on this host, if there is one.</summary>
    public static async Task<VmId?> FindByNameAsync(HvTransaction tx, HostId host, string name, CancellationToken cancellationToken)
    {
        await using var command = tx.Command("SELECT vm_id FROM inventory.vms WHERE host_id = $1 AND name = $2 AND deleted_at IS NULL LIMIT 1", host, name);
        return await command.ExecuteScalarAsync(cancellationToken) is Guid id ? new VmId(id) : null;
    }

    static VmPlacement ReadSeen(NpgsqlDataReader reader, VmId vm) => new()
    {
        Id = vm,
        Name = reader.GetString(0),
        HostId = new HostId(reader.GetGuid(1)),
        State = reader.Enum<VmState>(2),
        MemoryMiB = reader.GetInt64(3),
        Epoch = reader.GetInt64(4),
        MissingSince = reader.InstantOrNull(5),
        DeletedAt = reader.InstantOrNull(6),
        ObservedAt = reader.Instant(7),
        RunsTwice = reader.GetBoolean(13),
    };

    static HostState ReadHost(NpgsqlDataReader reader, HostId host) => new()
    {
        Id = host,
        Name = reader.GetString(0),
        Kind = reader.Enum<HypervisorKind>(1),
        MemoryMiB = reader.GetInt64(2),
        Facets = reader.GetFieldValue<string[]>(3),
        MigrationUri = reader.Text(4),
        LastSeenAt = reader.Instant(5),
        Status = reader.GetString(6),
        Error = reader.Json<ErrorInfo>(7),
        InMaintenance = reader.GetBoolean(8),
        MaxConcurrentMigrations = reader.IntOrNull(9),
        MaxMigrationBandwidthMiBps = reader.IntOrNull(10),
    };
}
