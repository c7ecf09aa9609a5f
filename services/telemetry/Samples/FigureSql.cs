using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Telemetry.Samples;

/// <summary>Writes a batch of figures in one transaction whose commit waits for no disk: what a crash takes along is a gap of a moment.</summary>
internal static class FigureSql
{
    const string CopySamples = """
        COPY samples (host_id, at, cpu, memory_used_mib, memory_total_mib, running_vms, vm_ids, vm_cpu, vm_memory_mib, vm_disk_read, vm_disk_write, vm_net_received, vm_net_sent)
        FROM STDIN (FORMAT BINARY)
        """;

    const string CopyProgress = """
        COPY migration_points (operation_id, at, vm_id, host_id, round, transferred_bytes, remaining_bytes, total_bytes, bytes_per_second, dirty_bytes_per_second, eta_low_ms, eta_high_ms, percent)
        FROM STDIN (FORMAT BINARY)
        """;

    static readonly TimeSpan s_trusted = TimeSpan.FromMinutes(1);

    public static async Task WriteAsync(
        NpgsqlDataSource source, IReadOnlyList<HostSampled> samples, IReadOnlyList<MigrationProgressed> progress, IReadOnlyList<(VmId Vm, HostId Host)> residences, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var relaxed = new NpgsqlCommand("SET LOCAL synchronous_commit = off", connection, transaction))
        {
            await relaxed.ExecuteNonQueryAsync(cancellationToken);
        }

        if (samples.Count > 0)
        {
            await CopyAsync(connection, samples, now, cancellationToken);
        }

        if (progress.Count > 0)
        {
            await CopyAsync(connection, progress, now, cancellationToken);
        }

        await using var rest = new NpgsqlBatch(connection, transaction);
        if (residences.Count > 0)
        {
            rest.BatchCommands.Add(Residences(residences, now));
        }

        rest.BatchCommands.Add(new NpgsqlBatchCommand("NOTIFY hv_figures"));
        rest.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        await rest.ExecuteNonQueryAsync(cancellationToken);
    }

    static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<HostSampled> samples, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(CopySamples, cancellationToken);
        foreach (var s in samples)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(s.HostId.Value, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(Trusted(s.At, now), NpgsqlDbType.TimestampTz, cancellationToken);
            await WriteAsync((float?)s.CpuPercent, NpgsqlDbType.Real);
            await WriteAsync(s.MemoryUsedMiB, NpgsqlDbType.Bigint);
            await WriteAsync(s.MemoryTotalMiB, NpgsqlDbType.Bigint);
            await copy.WriteAsync(s.RunningVms, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(s.Vms.Select(v => v.VmId.Value).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Uuid, cancellationToken);
            await RealsAsync(v => (float?)v.CpuPercent);
            await copy.WriteAsync(s.Vms.Select(v => (int?)v.MemoryUsedMiB).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Integer, cancellationToken);
            await RealsAsync(v => v.DiskReadBytesPerSecond);
            await RealsAsync(v => v.DiskWriteBytesPerSecond);
            await RealsAsync(v => v.NetReceivedBytesPerSecond);
            await RealsAsync(v => v.NetSentBytesPerSecond);

            Task RealsAsync(Func<HostVmSample, float?> figure) => copy.WriteAsync(s.Vms.Select(figure).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Real, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);

        Task WriteAsync<T>(T? value, NpgsqlDbType type)
            where T : struct => value is { } v ? copy.WriteAsync(v, type, cancellationToken) : copy.WriteNullAsync(cancellationToken);
    }

    static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<MigrationProgressed> points, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(CopyProgress, cancellationToken);
        foreach (var p in points)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(p.OperationId.Value, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(Trusted(p.At, now), NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(p.VmId.Value, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(p.HostId.Value, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(p.Progress.Round, NpgsqlDbType.Integer, cancellationToken);
            await LongAsync(p.Progress.TransferredBytes);
            await LongAsync(p.Progress.RemainingBytes);
            await LongAsync(p.Progress.TotalBytes);
            await LongAsync(p.Progress.BytesPerSecond);
            await LongAsync(p.Progress.DirtyBytesPerSecond);
            await LongAsync(p.Progress.EtaP10Ms);
            await LongAsync(p.Progress.EtaP90Ms);
            await copy.WriteAsync(p.Progress.Percent, NpgsqlDbType.Double, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);

        Task LongAsync(long? value) => value is { } v ? copy.WriteAsync(v, NpgsqlDbType.Bigint, cancellationToken) : copy.WriteNullAsync(cancellationToken);
    }

    static NpgsqlBatchCommand Residences(IReadOnlyList<(VmId Vm, HostId Host)> residences, DateTimeOffset now) => new("""
        INSERT INTO vm_hosts AS h (vm_id, host_id, first_at, last_at)
        SELECT vm, host, $3 - interval '1 minute', $3 FROM unnest($1, $2) AS u(vm, host) ORDER BY vm, host
        ON CONFLICT (vm_id, host_id) DO UPDATE SET last_at = greatest(h.last_at, excluded.last_at)
        """)
    {
        Parameters =
        {
            new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = residences.Select(r => r.Vm.Value).ToArray() },
            new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = residences.Select(r => r.Host.Value).ToArray() },
            new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = now.UtcDateTime },
        },
    };

    /// <summary>The host's instant if its clock is right within a minute, else ours.</summary>
    static DateTime Trusted(DateTimeOffset at, DateTimeOffset now) => (at - now).Duration() <= s_trusted ? at.UtcDateTime : now.UtcDateTime;
}
