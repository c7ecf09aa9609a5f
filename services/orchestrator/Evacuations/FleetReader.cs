using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>
/// The fleet as an evacuation sees it: the inventory's read models overruled by newer outcomes, as in <see cref="ReadModels.Placements"/>. Memory is counted as
/// when a reservation is made, and the memory of migrations accepted but not reserved yet comes off too.
/// </summary>
internal static class FleetReader
{
    public static async Task<FleetFacts?> ReadAsync(HvTransaction tx, HostId source, Evacuation? evacuation, long headroomMiB, CancellationToken cancellationToken)
    {
        var hosts = await HostsAsync(tx, headroomMiB, cancellationToken);
        if (hosts.Find(h => h.Id == source) is not { } from)
        {
            return null;
        }

        var (fleetMoves, inbound) = await CountsAsync(tx, source, cancellationToken);
        return new FleetFacts
        {
            Source = from,
            Hosts = [.. hosts.Where(h => h.Id != source)],
            Vms = await VmsAsync(tx, source, [.. evacuation?.Vms.Select(v => v.VmId) ?? []], cancellationToken),
            Moves = await MovesAsync(
                tx, [.. evacuation?.Vms.Where(v => v.Status == EvacuationVmStatus.Moving).Select(v => v.OperationId!.Value.Value) ?? []], cancellationToken),
            FleetMoves = fleetMoves,
            Inbound = inbound,
        };
    }

    static async Task<List<FleetHost>> HostsAsync(HvTransaction tx, long headroomMiB, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            WITH used AS (
                SELECT v.host_id, v.memory_mib FROM inventory.vms v
                WHERE v.deleted_at IS NULL AND v.state NOT IN ('Off', 'Saved')
                  AND NOT EXISTS (SELECT FROM orchestrator.reservations r WHERE r.host_id = v.host_id AND r.vm_id = v.vm_id)
                UNION ALL
                SELECT f.host_id, v.memory_mib FROM orchestrator.vm_facts f JOIN inventory.vm_view v ON v.vm_id = f.vm_id
                WHERE NOT f.deleted AND f.state NOT IN ('Off', 'Saved') AND (v.host_id <> f.host_id OR v.state IN ('Off', 'Saved')) AND v.deleted_at IS NULL
                  AND f.at > coalesce(v.observed_at, v.changed_at)
                  AND NOT EXISTS (SELECT FROM orchestrator.reservations r WHERE r.host_id = f.host_id AND r.vm_id = f.vm_id)
                UNION ALL
                SELECT r.host_id, r.memory_mib FROM orchestrator.reservations r
                UNION ALL
                SELECT o.destination_host_id, v.memory_mib FROM orchestrator.operations o JOIN inventory.vms v ON v.vm_id = o.vm_id
                WHERE o.kind = 'MigrateVm' AND o.finished_at IS NULL AND v.state NOT IN ('Off', 'Saved') AND NOT EXISTS (SELECT FROM orchestrator.reservations r WHERE r.operation_id = o.id)),
            taken AS (SELECT u.host_id, sum(u.memory_mib)::bigint AS mib FROM used u GROUP BY u.host_id)
            SELECT h.host_id, h.name, h.kind, h.memory_mib - coalesce(t.mib, 0) - $1, h.facets, h.status, m.host_id IS NOT NULL
            FROM inventory.host_view h
            LEFT JOIN taken t ON t.host_id = h.host_id
            LEFT JOIN orchestrator.host_maintenance m ON m.host_id = h.host_id
            """,
            headroomMiB);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var hosts = new List<FleetHost>();
        while (await reader.ReadAsync(cancellationToken))
        {
            hosts.Add(new FleetHost
            {
                Id = new HostId(reader.GetGuid(0)),
                Name = reader.GetString(1),
                Kind = reader.Enum<HypervisorKind>(2),
                FreeMiB = reader.GetInt64(3),
                Facets = reader.GetFieldValue<string[]>(4),
                Status = reader.GetString(5),
                InMaintenance = reader.GetBoolean(6),
            });
        }

        return hosts;
    }

    static async Task<List<FleetVm>> VmsAsync(HvTransaction tx, HostId source, VmId[] named, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            SELECT i.vm_id, v.name, v.host_id, v.state, v.memory_mib, v.missing_since IS NOT NULL, v.deleted_at IS NOT NULL, coalesce(v.observed_at, v.changed_at),
                   coalesce(v.duplicate_running, false), f.name, f.host_id, f.state, f.deleted, f.at, l.operation_id
            FROM (SELECT vm_id FROM inventory.vms WHERE host_id = $1 AND deleted_at IS NULL
                  UNION SELECT vm_id FROM orchestrator.vm_facts WHERE host_id = $1 AND NOT deleted
                  UNION SELECT unnest($2::uuid[])) i
            LEFT JOIN inventory.vm_view v ON v.vm_id = i.vm_id
            LEFT JOIN orchestrator.vm_facts f ON f.vm_id = i.vm_id
            LEFT JOIN orchestrator.vm_locks l ON l.vm_id = i.vm_id
            ORDER BY 2, 1
            """,
            source, named.Select(v => v.Value).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var vms = new List<FleetVm>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (ReadVm(reader) is { } vm && (vm.HostId == source || named.Contains(vm.Id)))
            {
                vms.Add(vm);
            }
        }

        return vms;
    }

    static FleetVm? ReadVm(NpgsqlDataReader reader)
    {
        var (seen, outcome) = (!reader.IsDBNull(1), !reader.IsDBNull(9));
        if (outcome && (!seen || reader.Instant(13) > reader.Instant(7)))
        {
            return new FleetVm
            {
                Id = new VmId(reader.GetGuid(0)),
                Name = reader.GetString(9),
                HostId = new HostId(reader.GetGuid(10)),
                State = reader.Enum<VmState>(11),
                MemoryMiB = seen ? reader.GetInt64(4) : 0,
                Deleted = reader.GetBoolean(12),
                RunsTwice = seen && reader.GetBoolean(8),
                BusyWith = reader.IsDBNull(14) ? null : new OperationId(reader.GetGuid(14)),
                ObservedAt = reader.Instant(13),
            };
        }

        return !seen ? null : new FleetVm
        {
            Id = new VmId(reader.GetGuid(0)),
            Name = reader.GetString(1),
            HostId = new HostId(reader.GetGuid(2)),
            State = reader.Enum<VmState>(3),
            MemoryMiB = reader.GetInt64(4),
            Missing = reader.GetBoolean(5),
            Deleted = reader.GetBoolean(6),
            RunsTwice = reader.GetBoolean(8),
            BusyWith = reader.IsDBNull(14) ? null : new OperationId(reader.GetGuid(14)),
            ObservedAt = reader.Instant(7),
        };
    }

    static async Task<Dictionary<OperationId, MoveState>> MovesAsync(HvTransaction tx, Guid[] operations, CancellationToken cancellationToken)
    {
        var moves = new Dictionary<OperationId, MoveState>();
        if (operations.Length == 0)
        {
            return moves;
        }

        await using var command = tx.Command("SELECT id, status, finished_at, error FROM orchestrator.operations WHERE id = ANY ($1)", operations);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            moves[new OperationId(reader.GetGuid(0))] = new MoveState(reader.Enum<OperationStatus>(1), reader.InstantOrNull(2), reader.Json<ErrorInfo>(3));
        }

        return moves;
    }

    static async Task<(int FleetMoves, int Inbound)> CountsAsync(HvTransaction tx, HostId source, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            SELECT (SELECT count(*) FROM orchestrator.evacuation_vms WHERE status = 'Moving')::int,
                   (SELECT count(*) FROM orchestrator.operations WHERE finished_at IS NULL
                        AND ((kind = 'MigrateVm' AND destination_host_id = $1) OR (kind = 'DefineVm' AND host_id = $1)))::int
            """,
            source);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt32(0), reader.GetInt32(1));
    }
}
