using Npgsql;
using NpgsqlTypes;
using static HvPlatform.Inventory.Storage.SqlParameters;

namespace HvPlatform.Inventory.Vms;

/// <summary>Writing VMs' rows: one statement per table, whatever the number of VMs.</summary>
internal static class VmSql
{
    public static void Save(Action<NpgsqlBatchCommand> enlist, IReadOnlyList<VmChange> changes)
    {
        var changed = changes.Where(c => c.Events.Count > 0).ToList();
        if (changed.Count > 0)
        {
            enlist(Upsert("vms", [.. changed.Select(c => c.After!)]));
        }

        var placements = changes.SelectMany(c => c.After!.Placements.Where(p => !p.Equals(c.Before?.On(p.HostId))).Select(p => (c.After.Id.Value, p))).ToList();
        if (placements.Count > 0)
        {
            enlist(UpsertPlacements("placements", placements));
        }

        var versions = changed.Where(c => !c.After!.LooksLike(c.Before)).ToList();
        if (versions.Count > 0)
        {
            Close(enlist, "vm_versions", versions);
            enlist(InsertVersions([.. versions.Select(c => (c.After!, c.At, (DateTimeOffset?)null))]));
        }

        var devices = changed.Where(c => !c.After!.HasDevicesOf(c.Before)).ToList();
        if (devices.Count > 0)
        {
            Close(enlist, "vm_device_versions", devices);
            enlist(InsertDevices([.. devices.Select(c => (c.After!, c.At, (DateTimeOffset?)null))]));
        }
    }

    public static NpgsqlBatchCommand Upsert(string table, IReadOnlyList<VmRecord> vms)
    {
        const string columns = """
            version, name, state, state_reason, host_id, vcpus, memory_mib, disks, nics, persistent, duplicate_running, missing_since, deleted_at, operation_id,
            operation_kind, migration_id, migration_source_host_id, migration_destination_host_id, migration_phase, migration_ended_at, discovered_at, changed_at, search,
            details
            """;
        return Sql($"""
            INSERT INTO {table} (vm_id, {columns})
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
            ON CONFLICT (vm_id) DO UPDATE SET ({columns}) = ({Excluded(columns)})
            """)
            .WithArray(NpgsqlDbType.Uuid, vms.Select(v => v.Id.Value))
            .WithArray(NpgsqlDbType.Bigint, vms.Select(v => v.Version))
            .WithArray(NpgsqlDbType.Text, vms.Select(v => v.Info.Name))
            .WithArray(NpgsqlDbType.Text, vms.Select(v => v.Info.State.ToString()))
            .WithArray(NpgsqlDbType.Text, vms.Select(v => v.Info.StateReason))
            .WithArray(NpgsqlDbType.Uuid, vms.Select(v => v.HostId.Value))
            .WithArray(NpgsqlDbType.Integer, vms.Select(v => v.Info.Vcpus))
            .WithArray(NpgsqlDbType.Bigint, vms.Select(v => v.Info.MemoryMiB))
            .WithArray(NpgsqlDbType.Jsonb, vms.Select(v => Json(v.Info.Disks)))
            .WithArray(NpgsqlDbType.Jsonb, vms.Select(v => Json(v.Info.Nics)))
            .WithArray(NpgsqlDbType.Boolean, vms.Select(v => v.Info.Persistent))
            .WithArray(NpgsqlDbType.Boolean, vms.Select(v => v.DuplicateRunning))
            .WithArray(NpgsqlDbType.TimestampTz, vms.Select(v => v.MissingSince.Utc()))
            .WithArray(NpgsqlDbType.TimestampTz, vms.Select(v => v.DeletedAt.Utc()))
            .WithArray(NpgsqlDbType.Uuid, vms.Select(v => v.OperationId?.Value))
            .WithArray(NpgsqlDbType.Text, vms.Select(v => v.OperationKind?.ToString()))
            .WithArray(NpgsqlDbType.Uuid, vms.Select(v => v.Migration?.Id.Value))
            .WithArray(NpgsqlDbType.Uuid, vms.Select(v => v.Migration?.Source.Value))
            .WithArray(NpgsqlDbType.Uuid, vms.Select(v => v.Migration?.Destination.Value))
            .WithArray(NpgsqlDbType.Text, vms.Select(v => v.Migration?.Phase.ToString()))
            .WithArray(NpgsqlDbType.TimestampTz, vms.Select(v => v.MigrationEndedAt.Utc()))
            .WithArray(NpgsqlDbType.TimestampTz, vms.Select(v => v.DiscoveredAt.UtcDateTime))
            .WithArray(NpgsqlDbType.TimestampTz, vms.Select(v => v.ChangedAt.UtcDateTime))
            .WithArray(NpgsqlDbType.Text, vms.Select(v => v.SearchText()))
            .WithArray(NpgsqlDbType.Jsonb, vms.Select(v => Json(v.Info.Details)));
    }

    public static NpgsqlBatchCommand UpsertPlacements(string table, IReadOnlyList<(Guid Vm, PlacementRecord Placement)> rows)
    {
        const string columns = "state, info, cause, generation, observed_at, first_seen_at, missing_since, gone_at";
        return Sql($"""
            INSERT INTO {table} (vm_id, host_id, {columns})
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (vm_id, host_id) DO UPDATE SET ({columns}) = ({Excluded(columns)})
            """)
            .WithArray(NpgsqlDbType.Uuid, rows.Select(r => r.Vm))
            .WithArray(NpgsqlDbType.Uuid, rows.Select(r => r.Placement.HostId.Value))
            .WithArray(NpgsqlDbType.Text, rows.Select(r => r.Placement.Info.State.ToString()))
            .WithArray(NpgsqlDbType.Jsonb, rows.Select(r => Json(r.Placement.Info)))
            .WithArray(NpgsqlDbType.Text, rows.Select(r => r.Placement.Cause))
            .WithArray(NpgsqlDbType.Bigint, rows.Select(r => r.Placement.Generation))
            .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.Placement.ObservedAt.UtcDateTime))
            .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.Placement.FirstSeenAt.UtcDateTime))
            .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.Placement.MissingSince.Utc()))
            .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.Placement.GoneAt.Utc()));
    }

    /// <summary>Versions of VMs; one without an end is the version of now.</summary>
    public static NpgsqlBatchCommand InsertVersions(IReadOnlyList<(VmRecord Vm, DateTimeOffset From, DateTimeOffset? To)> rows) => Sql("""
        INSERT INTO vm_versions (vm_id, valid_from, valid_to, version, name, state, host_id, vcpus, memory_mib, duplicate_running, missing_since, deleted_at, migration_id)
        SELECT a.id, a.valid_from, coalesce(a.valid_to, 'infinity'), a.version, a.name, a.state, a.host_id, a.vcpus, a.memory_mib, a.duplicate, a.missing, a.deleted, a.migration
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            AS a(id, valid_from, valid_to, version, name, state, host_id, vcpus, memory_mib, duplicate, missing, deleted, migration)
        """)
        .WithArray(NpgsqlDbType.Uuid, rows.Select(r => r.Vm.Id.Value))
        .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.From.UtcDateTime))
        .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.To.Utc()))
        .WithArray(NpgsqlDbType.Bigint, rows.Select(r => r.Vm.Version))
        .WithArray(NpgsqlDbType.Text, rows.Select(r => r.Vm.Info.Name))
        .WithArray(NpgsqlDbType.Text, rows.Select(r => r.Vm.Info.State.ToString()))
        .WithArray(NpgsqlDbType.Uuid, rows.Select(r => r.Vm.HostId.Value))
        .WithArray(NpgsqlDbType.Integer, rows.Select(r => r.Vm.Info.Vcpus))
        .WithArray(NpgsqlDbType.Bigint, rows.Select(r => r.Vm.Info.MemoryMiB))
        .WithArray(NpgsqlDbType.Boolean, rows.Select(r => r.Vm.DuplicateRunning))
        .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.Vm.MissingSince.Utc()))
        .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.Vm.DeletedAt.Utc()))
        .WithArray(NpgsqlDbType.Uuid, rows.Select(r => r.Vm.Migration?.Id.Value));

    /// <summary>The same of their disks and network adapters.</summary>
    public static NpgsqlBatchCommand InsertDevices(IReadOnlyList<(VmRecord Vm, DateTimeOffset From, DateTimeOffset? To)> rows) => Sql("""
        INSERT INTO vm_device_versions (vm_id, valid_from, valid_to, disks, nics)
        SELECT a.id, a.valid_from, coalesce(a.valid_to, 'infinity'), a.disks, a.nics FROM unnest($1, $2, $3, $4, $5) AS a(id, valid_from, valid_to, disks, nics)
        """)
        .WithArray(NpgsqlDbType.Uuid, rows.Select(r => r.Vm.Id.Value))
        .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.From.UtcDateTime))
        .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.To.Utc()))
        .WithArray(NpgsqlDbType.Jsonb, rows.Select(r => Json(r.Vm.ComparedDisks())))
        .WithArray(NpgsqlDbType.Jsonb, rows.Select(r => Json(r.Vm.ComparedNics())));

    /// <summary>Ends the versions of now.</summary>
    static void Close(Action<NpgsqlBatchCommand> enlist, string table, IEnumerable<VmChange> changes)
    {
        var closed = changes.Where(c => c.Before is not null).ToList();
        if (closed.Count > 0)
        {
            enlist(Sql($"UPDATE {table} SET valid_to = a.at FROM unnest($1, $2) AS a(id, at) WHERE vm_id = a.id AND valid_to = 'infinity'")
                .WithArray(NpgsqlDbType.Uuid, closed.Select(c => c.After!.Id.Value))
                .WithArray(NpgsqlDbType.TimestampTz, closed.Select(c => c.At.UtcDateTime)));
        }
    }

    static string Excluded(string columns) => string.Join(", ", columns.Split(',').Select(c => $"excluded.{c.Trim()}"));
}
