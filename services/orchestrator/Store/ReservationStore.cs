using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Store;

/// <summary>The statements behind <see cref="Reservations"/>.</summary>
internal static class ReservationStore
{
    /// <summary>In one order, so that two migrations in opposite directions cannot wait for each other.</summary>
    public static async Task LockAsync(HvTransaction tx, IReadOnlyList<HostId> hosts, bool platform, CancellationToken cancellationToken)
    {
        string[] names = [.. hosts.Distinct().OrderBy(h => h.Value).Select(h => h.ToString()), .. platform ? ["platform"] : Array.Empty<string>()];
        await tx.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('orchestrator.reserve ' || n, 0)) FROM unnest($1) AS n", [names], cancellationToken);
    }

    public static async Task<Reservation?> FindAsync(HvTransaction tx, OperationId operation, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            "SELECT vm_id, host_id, source_host_id, memory_mib, vcpus, bandwidth_mibps, reserved_at FROM orchestrator.reservations WHERE operation_id = $1", operation);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new Reservation
            {
                OperationId = operation,
                VmId = new VmId(reader.GetGuid(0)),
                HostId = new HostId(reader.GetGuid(1)),
                SourceHostId = reader.IsDBNull(2) ? null : new HostId(reader.GetGuid(2)),
                MemoryMiB = reader.GetInt64(3),
                Vcpus = reader.GetInt32(4),
                BandwidthMiBps = reader.IntOrNull(5),
                ReservedAt = reader.Instant(6),
            }
            : null;
    }

    /// <summary>
    /// A VM that has arrived or started by its operation's outcome counts before the inventory has seen it: its reservation is gone already.
    /// </summary>
    public static async Task<Capacity> MeasureMemoryAsync(
        HvTransaction tx, HostState host, VmId vm, OperationId operation, long headroomMiB, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            SELECT coalesce((SELECT sum(v.memory_mib) FROM inventory.vms v
                             WHERE v.host_id = $1 AND v.deleted_at IS NULL AND v.state NOT IN ('Off', 'Saved') AND v.vm_id <> $2
                               AND NOT EXISTS (SELECT FROM orchestrator.reservations r WHERE r.host_id = $1 AND r.vm_id = v.vm_id)), 0)::bigint
                   + coalesce((SELECT sum(v.memory_mib) FROM orchestrator.vm_facts f JOIN inventory.vm_view v ON v.vm_id = f.vm_id
                               WHERE f.host_id = $1 AND NOT f.deleted AND f.state NOT IN ('Off', 'Saved') AND f.vm_id <> $2
                                 AND (v.host_id <> $1 OR v.state IN ('Off', 'Saved')) AND v.deleted_at IS NULL AND f.at > coalesce(v.observed_at, v.changed_at)
                                 AND NOT EXISTS (SELECT FROM orchestrator.reservations r WHERE r.host_id = $1 AND r.vm_id = f.vm_id)), 0)::bigint,
                   coalesce((SELECT sum(r.memory_mib) FROM orchestrator.reservations r WHERE r.host_id = $1 AND r.operation_id <> $3), 0)::bigint
            """,
            host.Id, vm, operation);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new Capacity(host.MemoryMiB, reader.GetInt64(0), reader.GetInt64(1), headroomMiB);
    }

    public static async Task<MigrationLoad> MeasureMigrationsAsync(
        HvTransaction tx, HostId? host, Operation operation, DateTimeOffset askedSince, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            SELECT count(*)::int, coalesce(sum(r.bandwidth_mibps), 0)::bigint,
                   (SELECT count(*) FROM orchestrator.reservation_waits w
                    WHERE $1 = ANY (w.turned_away_by) AND (w.accepted_at, w.operation_id) < ($3, $2) AND w.asked_at >= $4)::int
            FROM orchestrator.reservations r
            WHERE r.operation_id <> $2 AND ($5 OR r.host_id = $1 OR r.source_host_id = $1)
            """,
            host ?? ReservationWait.Platform, operation.Id, operation.Trail.RequestedAt, askedSince, host is null);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new MigrationLoad(reader.GetInt32(0), reader.GetInt64(1), reader.GetInt32(2));
    }

    public static Task PutAsync(HvTransaction tx, Reservation r) => tx.AtCommitAsync(
        """
        WITH r AS (INSERT INTO orchestrator.reservations (operation_id, host_id, vm_id, memory_mib, vcpus, reserved_at, source_host_id, bandwidth_mibps)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                   ON CONFLICT (operation_id) DO UPDATE SET host_id = $2, memory_mib = $4, vcpus = $5, source_host_id = $7, bandwidth_mibps = $8),
             w AS (DELETE FROM orchestrator.reservation_waits WHERE operation_id = $1)
        UPDATE orchestrator.operations SET granted_bandwidth_mibps = $8 WHERE id = $1
        """,
        r.OperationId, r.HostId, r.VmId, r.MemoryMiB, r.Vcpus, r.ReservedAt, Db.Uuid(r.SourceHostId?.Value), Db.Int(r.BandwidthMiBps));

    public static Task PutWaitAsync(HvTransaction tx, ReservationWait wait) => tx.AtCommitAsync(
        """
        INSERT INTO orchestrator.reservation_waits AS w (operation_id, turned_away_by, reason, accepted_at, first_asked_at, asked_at) VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (operation_id) DO UPDATE SET reason = $3, asked_at = $5,
            turned_away_by = ARRAY(SELECT unnest(w.turned_away_by) UNION SELECT unnest($2))
        """,
        wait.OperationId, wait.TurnedAwayBy.Select(h => h.Value).ToArray(), wait.Reason, wait.AcceptedAt, wait.AskedAt);
}
