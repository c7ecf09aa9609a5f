using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Store;

/// <summary>The statements behind <see cref="Reservations"/>.</summary>
internal static class ReservationStore
{
    /// <summary>In one order, so that two migrations in opposite directions cannot wait for each other.</summary>
    public static async Task LockAsync(HvTransaction tx, IReadOnlyList<HostId> hosts, CancellationToken cancellationToken)
    {
        foreach (var host in hosts.Distinct().OrderBy(h => h.Value))
        {
            await tx.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('orchestrator.reserve ' || $1, 0))", [host.ToString()], cancellationToken);
        }
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

    public static Task PutAsync(HvTransaction tx, Reservation reservation, CancellationToken cancellationToken) => tx.ExecuteAsync(
        """
        INSERT INTO orchestrator.reservations (operation_id, host_id, vm_id, memory_mib, vcpus, reserved_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (operation_id) DO UPDATE SET host_id = $2, memory_mib = $4, vcpus = $5
        """,
        [reservation.OperationId, reservation.HostId, reservation.VmId, reservation.MemoryMiB, reservation.Vcpus, reservation.ReservedAt], cancellationToken);
}
