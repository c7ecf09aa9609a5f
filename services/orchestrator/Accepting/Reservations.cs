using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.ReadModels;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Accepting;

/// <summary>
/// Memory set aside on migrations' destinations. Free = the host's memory − VMs there that hold memory − other operations' reservations − headroom.
/// Virtual processors are recorded, not limited: hosts overcommit them.
/// </summary>
internal static class Reservations
{
    /// <summary>
    /// Counts the host's memory for a VM that is to come. The VM itself and the operation's own reservation are left out; a VM that
    /// has arrived while its reservation stands is counted once. One that has arrived or started by its operation's outcome counts before the inventory has
    /// seen it: its reservation is gone already.
    /// </summary>
    public static async Task<Capacity> MeasureAsync(
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

    /// <summary>Sets the memory aside, or says why not. One reservation per host at a time; a repeat finds the first one's.</summary>
    public static async Task<Refusal?> ReserveAsync(
        HvTransaction tx, ReserveMigrationCapacity request, long headroomMiB, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await tx.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('orchestrator.reserve ' || $1, 0))", [request.HostId.ToString()], cancellationToken);
        if (await Placements.FindHostAsync(tx, request.HostId, cancellationToken) is not { } host)
        {
            return Refusals.UnknownHostInBody(request.HostId, "hostId");
        }

        var capacity = await MeasureAsync(tx, host, request.VmId, request.OperationId, headroomMiB, cancellationToken);
        if (request.MemoryMiB > capacity.FreeMiB)
        {
            return Refusals.NoCapacity(host, request.MemoryMiB, capacity);
        }

        await tx.ExecuteAsync(
            """
            INSERT INTO orchestrator.reservations (operation_id, host_id, vm_id, memory_mib, vcpus, reserved_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (operation_id) DO UPDATE SET host_id = $2, memory_mib = $4, vcpus = $5
            """,
            [request.OperationId, request.HostId, request.VmId, request.MemoryMiB, request.Vcpus, now], cancellationToken);
        return null;
    }
}
