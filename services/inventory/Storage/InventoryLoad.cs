using HvPlatform.Contracts;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Operations;
using HvPlatform.Inventory.Vms;
using HvPlatform.ServiceKit;
using Npgsql;
using NpgsqlTypes;
using static HvPlatform.Inventory.Storage.SqlParameters;

namespace HvPlatform.Inventory.Storage;

/// <summary>
/// What a rule needs, read in one round trip. The parts are read in the order they are asked for, and every consumer asks in the same order
/// (host, then VMs by id, then operation), which is the order of the locks: two deliveries never wait for each other in a circle.
/// </summary>
internal sealed class InventoryLoad(NpgsqlConnection connection, NpgsqlTransaction? transaction)
{
    /// <summary>The first key of the advisory locks on hosts ("host"). Two hosts with one second key only wait for each other.</summary>
    const int HostLockClass = 0x686F7374;

    readonly List<(NpgsqlBatchCommand Command, Action<NpgsqlDataReader> Read)> parts = [];

    public InventoryLoad(HvTransaction transaction)
        : this(transaction.Connection, transaction.Transaction)
    {
    }

    public HostRecord? HostRow { get; private set; }

    public HostContact? Contact { get; private set; }

    /// <summary>The highest generation stored for the host or a VM on it.</summary>
    public long KnownGeneration { get; private set; }

    public Dictionary<VmId, VmRecord> Vms { get; } = [];

    public Dictionary<VmId, OpenOperation> DefinedBy { get; } = [];

    public OperationRecord? OperationRow { get; private set; }

    /// <summary>One delivery at a time about this host, until the transaction ends. Works for a host that has no row yet.</summary>
    public InventoryLoad LockHost(HostId host) => Part(
        Sql("SELECT pg_advisory_xact_lock($1, $2)").With(NpgsqlDbType.Integer, HostLockClass).With(NpgsqlDbType.Integer, host.Value.GetHashCode()), _ => { });

    /// <summary>Not while a delivery holds <see cref="LockHost"/>: for what says something of one VM, which other deliveries about other VMs of the host need not wait for.</summary>
    public InventoryLoad ShareHost(HostId host) => Part(
        Sql("SELECT pg_advisory_xact_lock_shared($1, $2)").With(NpgsqlDbType.Integer, HostLockClass).With(NpgsqlDbType.Integer, host.Value.GetHashCode()), _ => { });

    public InventoryLoad Host(HostId host) => Part(Sql($"SELECT {RowReader.HostColumns} FROM hosts WHERE host_id = $1").WithUuid(host.Value), r => HostRow = RowReader.Host(r))
        .Part(Sql($"SELECT {RowReader.ContactColumns} FROM host_contacts WHERE host_id = $1").WithUuid(host.Value), r => Contact = RowReader.Contact(r));

    public InventoryLoad HighestGeneration(HostId host) => Part(
        Sql("SELECT greatest((SELECT max(generation) FROM placements WHERE host_id = $1), (SELECT generation FROM host_contacts WHERE host_id = $1), 0)").WithUuid(host.Value),
        r => KnownGeneration = r.GetInt64(0));

    /// <summary>One VM, its row locked.</summary>
    public InventoryLoad LockVm(VmId vm) => LockVms([vm.Value]);

    public InventoryLoad LockVms(IReadOnlyCollection<Guid> ids)
    {
        const string vms = $"SELECT {RowReader.VmColumns} FROM vms v LEFT JOIN operations o ON o.operation_id = v.operation_id WHERE v.vm_id = ANY ($1) ORDER BY v.vm_id FOR UPDATE OF v";
        return Part(Sql(vms).WithArray(NpgsqlDbType.Uuid, ids), ReadVm).Placements(Sql($"{PlacementsSql} WHERE p.vm_id = ANY ($1)").WithArray(NpgsqlDbType.Uuid, ids));
    }

    /// <summary>The VMs named and all with a placement on the host, without locks: for a first look that mostly finds nothing to do.</summary>
    public InventoryLoad VmsOf(HostId host, Guid[] named)
    {
        const string which = "(SELECT unnest($2) UNION SELECT vm_id FROM placements WHERE host_id = $1)";
        const string vms = $"SELECT {RowReader.VmColumns} FROM vms v LEFT JOIN operations o ON o.operation_id = v.operation_id WHERE v.vm_id IN {which}";
        return Part(Sql(vms).WithUuid(host.Value).WithArray(NpgsqlDbType.Uuid, named), ReadVm)
            .Placements(Sql($"{PlacementsSql} WHERE p.vm_id IN {which}").WithUuid(host.Value).WithArray(NpgsqlDbType.Uuid, named));
    }

    /// <summary>Unfinished operations that define VMs.</summary>
    public InventoryLoad Definitions(Guid[] vms) => Part(
        Sql("SELECT vm_id, operation_id, trail FROM operations WHERE vm_id = ANY ($1) AND kind = 'DefineVm' AND ended_at IS NULL").WithArray(NpgsqlDbType.Uuid, vms),
        r => DefinedBy[new(r.GetGuid(0))] = new(new(r.GetGuid(1)), r.Json<Trail>(2)));

    public InventoryLoad LockOperation(OperationId operation) => Part(
        Sql($"SELECT {RowReader.OperationColumns} FROM operations WHERE operation_id = $1 FOR UPDATE").WithUuid(operation.Value),
        r => OperationRow = RowReader.Operation(r));

    public async Task<InventoryLoad> RunAsync(CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var (command, _) in parts)
        {
            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var (_, read) in parts)
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                read(reader);
            }

            await reader.NextResultAsync(cancellationToken);
        }

        parts.Clear();
        return this;
    }

    public VmRecord? Vm(VmId id) => Vms.GetValueOrDefault(id);

    const string PlacementsSql = $"SELECT {RowReader.PlacementColumns} FROM placements p LEFT JOIN host_contacts c ON c.host_id = p.host_id";

    InventoryLoad Placements(NpgsqlBatchCommand command) => Part(command, r =>
    {
        var (vm, placement) = RowReader.Placement(r);
        if (Vms.TryGetValue(vm, out var record))
        {
            Vms[vm] = record with { Placements = [.. record.Placements, placement] };
        }
    });

    void ReadVm(NpgsqlDataReader r)
    {
        var vm = RowReader.Vm(r);
        Vms[vm.Id] = vm;
    }

    InventoryLoad Part(NpgsqlBatchCommand command, Action<NpgsqlDataReader> read)
    {
        parts.Add((command, read));
        return this;
    }
}
