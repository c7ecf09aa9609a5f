using HvPlatform.Contracts;
using Npgsql;

namespace HvPlatform.Orchestrator.Figures;

/// <summary>Reads what telemetry publishes: its functions and <c>migration_points</c> (docs/howto/figures.md).</summary>
internal static class FigureReader
{
    public static async Task<VmMetricsView> VmAsync(NpgsqlConnection connection, VmId vm, MetricsQuery query, CancellationToken cancellationToken)
    {
        await using var command = connection.Command("SELECT * FROM telemetry.vm_points($1, $2, $3, $4)", vm, query.From, query.To, query.Step);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var points = new List<VmPoint>();
        while (await reader.ReadAsync(cancellationToken))
        {
            points.Add(new VmPoint
            {
                At = reader.Instant(0),
                CpuPercent = Percent(reader, 1),
                MemoryUsedMiB = Long(reader, 2),
                DiskReadBytesPerSecond = Long(reader, 3),
                DiskWriteBytesPerSecond = Long(reader, 4),
                NetReceivedBytesPerSecond = Long(reader, 5),
                NetSentBytesPerSecond = Long(reader, 6),
            });
        }

        return new() { VmId = vm, From = query.From, To = query.To, StepSeconds = (int)query.Step.TotalSeconds, Points = points };
    }

    public static async Task<HostMetricsView> HostAsync(NpgsqlConnection connection, HostId host, MetricsQuery query, CancellationToken cancellationToken)
    {
        await using var command = connection.Command("SELECT * FROM telemetry.host_points($1, $2, $3, $4)", host, query.From, query.To, query.Step);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var points = new List<HostPoint>();
        while (await reader.ReadAsync(cancellationToken))
        {
            points.Add(new HostPoint { At = reader.Instant(0), CpuPercent = Percent(reader, 1), MemoryUsedMiB = Long(reader, 2), MemoryTotalMiB = Long(reader, 3), RunningVms = reader.GetInt32(4) });
        }

        return new() { HostId = host, From = query.From, To = query.To, StepSeconds = (int)query.Step.TotalSeconds, Points = points };
    }

    /// <summary>At most 600 points, evenly thinned from the end backwards.</summary>
    public static async Task<MigrationProgressView> MigrationAsync(NpgsqlConnection connection, OperationId operation, DateTimeOffset acceptedAt, CancellationToken cancellationToken)
    {
        const string sql = $"""
            SELECT {PointColumns} FROM (
                SELECT p.*, row_number() OVER (ORDER BY at DESC) - 1 AS n, count(*) OVER () AS total FROM telemetry.migration_points p WHERE operation_id = $1 AND at >= $2) q
            WHERE n % ceil(total / 600.0)::bigint = 0 ORDER BY at
            """;
        await using var command = connection.Command(sql, operation, acceptedAt - TimeSpan.FromMinutes(2));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var points = new List<MigrationPoint>();
        while (await reader.ReadAsync(cancellationToken))
        {
            points.Add(Point(reader));
        }

        return new() { Points = points };
    }

    /// <summary>What <see cref="Point"/> reads.</summary>
    public const string PointColumns = "at, transferred_bytes, remaining_bytes, total_bytes, bytes_per_second, dirty_bytes_per_second, eta_low_ms, eta_high_ms, percent";

    public static MigrationPoint Point(NpgsqlDataReader reader) => new()
    {
        At = reader.Instant(0),
        TransferredBytes = reader.GetInt64(1),
        RemainingBytes = reader.GetInt64(2),
        TotalBytes = reader.GetInt64(3),
        BytesPerSecond = Long(reader, 4),
        DirtyBytesPerSecond = Long(reader, 5),
        EtaLowSeconds = Long(reader, 6) / 1000.0,
        EtaHighSeconds = Long(reader, 7) / 1000.0,
        Percent = Math.Round(reader.GetDouble(8), 1),
    };

    static double? Percent(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : Math.Round(reader.GetDouble(ordinal), 1);

    static long? Long(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt64(ordinal);
}
