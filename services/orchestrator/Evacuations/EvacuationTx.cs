using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Orchestrator.Store;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>Evacuations over PostgreSQL. What they read of the fleet is in <see cref="FleetReader"/>.</summary>
internal sealed class EvacuationTx(OrchestratorTx tx) : IEvacuationTx
{
    const string Columns = "e.id, e.host_id, e.host_name, e.status, e.settings, e.trail, e.deadline_at, e.paused_at, e.cancel_moves, e.blocked, e.updated_at, e.ended_at";

    const string VmColumns =
        "v.vm_id, v.name, v.memory_mib, v.status, v.attempts, v.operation_id, v.destination_host_id, v.tried, v.not_before, v.started_at, v.ended_at, v.error, v.evacuation_id";

    public IOrchestratorTx Orchestrator => tx;

    HvTransaction Sql => tx.Inner;

    public Task LockAsync(CancellationToken cancellationToken) =>
        Sql.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('orchestrator.evacuations', 0))", [], cancellationToken);

    public async Task<Evacuation?> FindAsync(EvacuationId id, CancellationToken cancellationToken) =>
        (await ReadAsync(Sql.Connection, "WHERE e.id = $1", [id.Value], cancellationToken)).SingleOrDefault().Item;

    public Task<EvacuationId?> FindOpenAsync(HostId host, CancellationToken cancellationToken) =>
        IdAsync("SELECT id FROM orchestrator.evacuations WHERE host_id = $1 AND ended_at IS NULL", host, cancellationToken);

    public Task<EvacuationId?> FindByMoveAsync(OperationId operation, CancellationToken cancellationToken) =>
        IdAsync("SELECT evacuation_id FROM orchestrator.evacuation_vms WHERE operation_id = $1 AND status = 'Moving'", operation, cancellationToken);

    public async Task SaveAsync(Evacuation? before, Evacuation after, CancellationToken cancellationToken)
    {
        await Sql.ExecuteAsync(
            """
            WITH version AS (
                INSERT INTO orchestrator.evacuation_versions (evacuation_id, at, status, deadline_at, paused_at, cancel_moves, blocked, ended_at)
                VALUES ($1, $12, $4, $7, $8, $9, $10, $13)
                ON CONFLICT (evacuation_id, at) DO UPDATE SET status = $4, deadline_at = $7, paused_at = $8, cancel_moves = $9, blocked = $10, ended_at = $13)
            INSERT INTO orchestrator.evacuations (id, host_id, host_name, status, settings, trail, deadline_at, paused_at, cancel_moves, blocked, accepted_at, updated_at, ended_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (id) DO UPDATE SET status = $4, deadline_at = $7, paused_at = $8, cancel_moves = $9, blocked = $10, updated_at = $12, ended_at = $13
            """,
            [
                after.Id.Value, after.HostId, after.HostName, after.Status, Db.Jsonb(after.Settings), Db.Jsonb(after.Trail), after.DeadlineAt, Instant(after.PausedAt),
                after.CancelMoves, Db.Jsonb(after.Blocked), after.Trail.RequestedAt, after.UpdatedAt, Instant(after.EndedAt),
            ],
            cancellationToken);
        for (var i = 0; i < after.Vms.Count; i++)
        {
            if (before is null || i >= before.Vms.Count || !ReferenceEquals(before.Vms[i], after.Vms[i]))
            {
                await SaveVmAsync(after, i, after.Vms[i], cancellationToken);
            }
        }
    }

    public Task<FleetFacts?> ReadFleetAsync(HostId source, Evacuation? evacuation, long headroomMiB, CancellationToken cancellationToken) =>
        FleetReader.ReadAsync(Sql, source, evacuation, headroomMiB, cancellationToken);

    public async Task<bool> EnterMaintenanceAsync(HostId host, Trail trail, EvacuationId? evacuation, CancellationToken cancellationToken) => await Sql.ExecuteAsync(
        "INSERT INTO orchestrator.host_maintenance (host_id, entered_at, requested_by, reason, evacuation_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (host_id) DO NOTHING",
        [host, trail.RequestedAt, trail.RequestedBy, trail.Reason, evacuation?.Value], cancellationToken) == 1;

    public async Task<bool> LeaveMaintenanceAsync(HostId host, CancellationToken cancellationToken) =>
        await Sql.ExecuteAsync("DELETE FROM orchestrator.host_maintenance WHERE host_id = $1", [host], cancellationToken) == 1;

    /// <summary>Evacuations with their VMs, now or as of an instant; the second value is what lists are paged by.</summary>
    public static async Task<List<(Evacuation Item, string Value)>> ReadAsync(
        NpgsqlConnection connection, string where, object?[] values, CancellationToken cancellationToken, DateTimeOffset? asOf = null)
    {
        var found = new List<(Evacuation Item, string Value)>();
        var source = asOf is null ? "orchestrator.evacuations e" : string.Create(CultureInfo.InvariantCulture, $"""
            (SELECT r.id, r.host_id, r.host_name, v.status, r.settings, r.trail, v.deadline_at, v.paused_at, v.cancel_moves, v.blocked, r.accepted_at, v.at AS updated_at, v.ended_at
             FROM orchestrator.evacuations r
             JOIN LATERAL (SELECT * FROM orchestrator.evacuation_versions v WHERE v.evacuation_id = r.id AND v.at <= ${values.Length + 1} ORDER BY v.at DESC LIMIT 1) v ON true) e
            """);
        await using (var command = connection.Command($"SELECT {Columns}, (e.accepted_at)::text FROM {source} {where}", asOf is { } then ? [.. values, then] : values))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                found.Add((Read(reader), reader.GetString(12)));
            }
        }

        if (found.Count == 0)
        {
            return found;
        }

        var vms = new List<(Guid Of, EvacuationVm Vm)>();
        var ids = found.Select(e => e.Item.Id.Value).ToArray();
        await using var vmCommand = asOf is { } at
            ? connection.Command(
                $"""
                SELECT {VmColumns} FROM (SELECT DISTINCT ON (evacuation_id, vm_id) * FROM orchestrator.evacuation_vm_versions
                                         WHERE evacuation_id = ANY ($1) AND at <= $2 ORDER BY evacuation_id, vm_id, at DESC) v ORDER BY v.position
                """,
                ids, at)
            : connection.Command($"SELECT {VmColumns} FROM orchestrator.evacuation_vms v WHERE v.evacuation_id = ANY ($1) ORDER BY v.position", ids);
        await using var vmReader = await vmCommand.ExecuteReaderAsync(cancellationToken);
        while (await vmReader.ReadAsync(cancellationToken))
        {
            vms.Add((vmReader.GetGuid(12), ReadVm(vmReader)));
        }

        var byEvacuation = vms.ToLookup(v => v.Of, v => v.Vm);
        return [.. found.Select(e => (e.Item with { Vms = [.. byEvacuation[e.Item.Id.Value]] }, e.Value))];
    }

    Task SaveVmAsync(Evacuation evacuation, int position, EvacuationVm vm, CancellationToken cancellationToken) => Sql.ExecuteAsync(
        """
        WITH version AS (
            INSERT INTO orchestrator.evacuation_vm_versions (evacuation_id, vm_id, at, position, name, memory_mib, status, attempts, operation_id, destination_host_id, tried, not_before, started_at, ended_at, error)
            VALUES ($1, $2, $15, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT (evacuation_id, vm_id, at) DO UPDATE SET status = $6, attempts = $7, operation_id = $8, destination_host_id = $9, tried = $10, not_before = $11,
                started_at = $12, ended_at = $13, error = $14)
        INSERT INTO orchestrator.evacuation_vms (evacuation_id, vm_id, position, name, memory_mib, status, attempts, operation_id, destination_host_id, tried, not_before, started_at, ended_at, error)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (evacuation_id, vm_id) DO UPDATE SET status = $6, attempts = $7, operation_id = $8, destination_host_id = $9, tried = $10, not_before = $11,
            started_at = $12, ended_at = $13, error = $14
        """,
        [
            evacuation.Id.Value, vm.VmId, position, vm.Name, vm.MemoryMiB, vm.Status, vm.Attempts, vm.OperationId, vm.DestinationHostId,
            vm.Tried.Select(h => h.Value).ToArray(), Instant(vm.NotBefore), Instant(vm.StartedAt), Instant(vm.EndedAt), Db.Jsonb(vm.Error), evacuation.UpdatedAt,
        ],
        cancellationToken);

    async Task<EvacuationId?> IdAsync(string sql, object value, CancellationToken cancellationToken)
    {
        await using var command = Sql.Command(sql, value);
        return await command.ExecuteScalarAsync(cancellationToken) is Guid id ? new EvacuationId(id) : null;
    }

    static object? Instant(DateTimeOffset? at) => at?.ToUniversalTime();

    static Evacuation Read(NpgsqlDataReader reader) => new()
    {
        Id = new EvacuationId(reader.GetGuid(0)),
        HostId = new HostId(reader.GetGuid(1)),
        HostName = reader.GetString(2),
        Status = reader.Enum<EvacuationStatus>(3),
        Settings = reader.Json<EvacuationSettings>(4)!,
        Trail = reader.Json<Trail>(5)!,
        DeadlineAt = reader.Instant(6),
        PausedAt = reader.InstantOrNull(7),
        CancelMoves = reader.GetBoolean(8),
        Blocked = reader.Json<ErrorInfo>(9),
        UpdatedAt = reader.Instant(10),
        EndedAt = reader.InstantOrNull(11),
    };

    static EvacuationVm ReadVm(NpgsqlDataReader reader) => new()
    {
        VmId = new VmId(reader.GetGuid(0)),
        Name = reader.GetString(1),
        MemoryMiB = reader.GetInt64(2),
        Status = reader.Enum<EvacuationVmStatus>(3),
        Attempts = reader.GetInt32(4),
        OperationId = reader.IsDBNull(5) ? null : new OperationId(reader.GetGuid(5)),
        DestinationHostId = reader.IsDBNull(6) ? null : new HostId(reader.GetGuid(6)),
        Tried = [.. reader.GetFieldValue<Guid[]>(7).Select(h => new HostId(h))],
        NotBefore = reader.InstantOrNull(8),
        StartedAt = reader.InstantOrNull(9),
        EndedAt = reader.InstantOrNull(10),
        Error = reader.Json<ErrorInfo>(11),
    };
}
