using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Figures;
using HvPlatform.Orchestrator.Operations;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Orchestrator.Live;

/// <summary>Reads what has changed, once for all listeners of this process.</summary>
internal static class LiveReader
{
    public static async Task<List<LiveEvent>> OperationsAsync(NpgsqlConnection connection, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        await using var command = connection.Command($"SELECT {OperationStore.SelectList} FROM orchestrator.operations o WHERE o.id = ANY ($1) ORDER BY o.updated_at", ids.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var events = new List<LiveEvent>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var operation = OperationStore.Read(reader);
            var json = JsonSerializer.Serialize(OperationView.Of(operation), HvJson.Options);
            events.Add(new(LiveTypes.OperationChanged, [operation.VmId], Hosts(operation.HostId, operation.DestinationHostId), _ => json));
        }

        return events;
    }

    /// <summary>The newest point of every migration that goes on, with its instant.</summary>
    public static async Task<List<(OperationId Id, DateTimeOffset At, LiveEvent Event)>> ProgressAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        const string sql = $"""
            SELECT p.*, o.id, o.vm_id, o.host_id, o.destination_host_id, o.phase FROM orchestrator.operations o
            CROSS JOIN LATERAL (SELECT {FigureReader.PointColumns} FROM telemetry.migration_points m WHERE m.operation_id = o.id AND m.at > now() - interval '30 seconds' ORDER BY at DESC LIMIT 1) p
            WHERE o.finished_at IS NULL AND o.kind = 'MigrateVm'
            """;
        await using var command = connection.Command(sql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var events = new List<(OperationId, DateTimeOffset, LiveEvent)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var point = FigureReader.Point(reader);
            var (id, vm, source) = (new OperationId(reader.GetGuid(9)), new VmId(reader.GetGuid(10)), new HostId(reader.GetGuid(11)));
            var json = JsonSerializer.Serialize(
                new MigrationProgressedView
                {
                    OperationId = id,
                    VmId = vm,
                    Phase = reader.IsDBNull(13) ? null : reader.Enum<MigrationPhase>(13),
                    At = point.At,
                    TransferredBytes = point.TransferredBytes,
                    RemainingBytes = point.RemainingBytes,
                    TotalBytes = point.TotalBytes,
                    BytesPerSecond = point.BytesPerSecond,
                    DirtyBytesPerSecond = point.DirtyBytesPerSecond,
                    EtaLowSeconds = point.EtaLowSeconds,
                    EtaHighSeconds = point.EtaHighSeconds,
                    Percent = point.Percent,
                },
                HvJson.Options);
            events.Add((id, point.At, new(LiveTypes.MigrationProgressed, [vm], Hosts(source, reader.IsDBNull(12) ? null : new HostId(reader.GetGuid(12))), _ => json)));
        }

        return events;
    }

    /// <summary>The newest sample of these hosts, and of the hosts these VMs are on, with its instant.</summary>
    public static async Task<List<(HostId Host, DateTimeOffset At, LiveEvent Event)>> SamplesAsync(
        NpgsqlConnection connection, IReadOnlyCollection<HostId> hosts, IReadOnlyCollection<VmId> vms, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT s.* FROM (SELECT unnest($1) AS host_id UNION SELECT v.host_id FROM telemetry.vm_hosts v WHERE v.vm_id = ANY ($2) AND v.last_at > now() - interval '20 minutes') h
            CROSS JOIN LATERAL (
                SELECT host_id, at, cpu, memory_used_mib, memory_total_mib, running_vms, vm_ids, vm_cpu, vm_memory_mib, vm_disk_read, vm_disk_write, vm_net_received, vm_net_sent
                FROM telemetry.samples s WHERE s.host_id = h.host_id AND s.at > now() - interval '1 minute' ORDER BY at DESC LIMIT 1) s
            """;
        await using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters =
            {
                new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = hosts.Select(h => h.Value).ToArray() },
                new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = vms.Select(v => v.Value).ToArray() },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var events = new List<(HostId, DateTimeOffset, LiveEvent)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var sample = Sample(reader);
            events.Add((sample.HostId, sample.At, new(
                LiveTypes.VmSampled,
                [.. sample.Points.Select(p => p.VmId)],
                [sample.HostId],
                vm => JsonSerializer.Serialize(vm is { } one ? OfVm(sample, one) : sample, HvJson.Options))));
        }

        return events;
    }

    /// <summary>One VM's figures, without those of its host: who may see the VM need not see the host.</summary>
    static HostSampledView OfVm(HostSampledView sample, VmId vm) => sample with
    {
        CpuPercent = null,
        MemoryUsedMiB = null,
        MemoryTotalMiB = null,
        RunningVms = 0,
        Points = [.. sample.Points.Where(p => p.VmId == vm)],
    };

    static HostSampledView Sample(NpgsqlDataReader reader)
    {
        var (cpu, memory) = (Array<float?>(7), Array<int?>(8));
        var (diskRead, diskWrite, netReceived, netSent) = (Array<float?>(9), Array<float?>(10), Array<float?>(11), Array<float?>(12));
        return new()
        {
            HostId = new(reader.GetGuid(0)),
            At = reader.Instant(1),
            CpuPercent = reader.IsDBNull(2) ? null : Percent(reader.GetFloat(2)),
            MemoryUsedMiB = reader.IsDBNull(3) ? null : reader.GetInt64(3),
            MemoryTotalMiB = reader.IsDBNull(4) ? null : reader.GetInt64(4),
            RunningVms = reader.GetInt32(5),
            Points =
            [
                .. Array<Guid>(6).Select((id, i) => new VmSampledView
                {
                    VmId = new(id),
                    CpuPercent = Percent(cpu[i]),
                    MemoryUsedMiB = memory[i],
                    DiskReadBytesPerSecond = (long?)diskRead[i],
                    DiskWriteBytesPerSecond = (long?)diskWrite[i],
                    NetReceivedBytesPerSecond = (long?)netReceived[i],
                    NetSentBytesPerSecond = (long?)netSent[i],
                }),
            ],
        };

        T[] Array<T>(int ordinal) => reader.GetFieldValue<T[]>(ordinal);

        static double? Percent(float? share) => share is { } s ? Math.Round(s, 1) : null;
    }

    static HostId[] Hosts(HostId host, HostId? other) => other is { } o ? [host, o] : [host];
}
