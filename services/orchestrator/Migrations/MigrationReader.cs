using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using Npgsql;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary>
/// Migrations: the orchestrator's own rows joined with the inventory's record of their course, so that one is found right after its acceptance, and its
/// figures are there as soon as its status is final.
/// </summary>
internal static class MigrationReader
{
    /// <summary>Members that have no history.</summary>
    static readonly IReadOnlyList<string> NotKept = ["progress", "progressAt", "waiting"];

    const string Columns = """
        m.phases, m.progress, m.progress_at, m.forecast, m.total_ms, m.downtime_ms, m.transferred_bytes, m.left_on_source,
        s.name, d.name, sc.last_seen_at, dc.last_seen_at, w.reason, w.first_asked_at, w.asked_at, (o.accepted_at)::text
        """;

    const string Present = """
        LEFT JOIN inventory.migrations m ON m.operation_id = o.id
        LEFT JOIN inventory.hosts s ON s.host_id = o.host_id
        LEFT JOIN inventory.hosts d ON d.host_id = o.destination_host_id
        LEFT JOIN inventory.host_contacts sc ON sc.host_id = o.host_id
        LEFT JOIN inventory.host_contacts dc ON dc.host_id = o.destination_host_id
        LEFT JOIN orchestrator.reservation_waits w ON w.operation_id = o.id
        WHERE o.kind = 'MigrateVm'
        """;

    /// <summary>The same as of instant $1; nothing is kept of progress, waiting, and when a host was last heard.</summary>
    const string Past = """
        LEFT JOIN LATERAL (SELECT v.phases, NULL::jsonb AS progress, NULL::timestamptz AS progress_at, v.forecast, v.total_ms, v.downtime_ms, v.transferred_bytes, v.left_on_source
                           FROM inventory.operation_versions v WHERE v.operation_id = o.id AND v.valid_from <= $1 AND v.valid_to > $1) m ON true
        LEFT JOIN inventory.hosts_as_of($1) s ON s.host_id = o.host_id
        LEFT JOIN inventory.hosts_as_of($1) d ON d.host_id = o.destination_host_id
        LEFT JOIN inventory.host_contacts sc ON false
        LEFT JOIN inventory.host_contacts dc ON false
        LEFT JOIN orchestrator.reservation_waits w ON false
        WHERE o.kind = 'MigrateVm'
        """;

    /// <summary>The ordinals of what follows the operation's own columns.</summary>
    enum Column
    {
        Phases = OperationStore.ColumnCount,
        Progress,
        ProgressAt,
        Forecast,
        TotalMs,
        DowntimeMs,
        TransferredBytes,
        LeftOnSource,
        SourceName,
        DestinationName,
        SourceSeenAt,
        DestinationSeenAt,
        WaitReason,
        WaitingSince,
        AskedAt,
        SortValue,
    }

    public static async Task<MigrationView?> FindAsync(NpgsqlConnection connection, OperationId id, DateTimeOffset? asOf, CancellationToken cancellationToken)
    {
        await using var command = asOf is { } then
            ? connection.Command($"SELECT {OperationStore.SelectList}, {Columns} FROM {OperationPast.Source} {Past} AND o.id = $2", then, id)
            : connection.Command($"SELECT {OperationStore.SelectList}, {Columns} FROM orchestrator.operations o {Present} AND o.id = $1", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? null : asOf is null ? Read(reader) : Read(reader) with { AsOf = asOf, NotKept = NotKept };
    }

    public static async Task<List<(MigrationView Item, string Value, Guid Id)>> ListAsync(
        NpgsqlConnection connection, OperationFilter filter, Cursor? after, int rows, CancellationToken cancellationToken)
    {
        await using var command = List(filter, after, rows, $"{OperationStore.SelectList}, {Columns}");
        command.Connection = connection;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<(MigrationView, string, Guid)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var migration = Read(reader);
            items.Add((migration, reader.GetString((int)Column.SortValue), migration.Id.Value));
        }

        return items;
    }

    /// <summary>How many there are in all.</summary>
    public static async Task<int> CountAsync(NpgsqlConnection connection, OperationFilter filter, CancellationToken cancellationToken)
    {
        await using var command = List(filter, null, int.MaxValue, "o.id");
        return await PageCount.OfAsync(connection, command, cancellationToken);
    }

    static NpgsqlCommand List(OperationFilter filter, Cursor? after, int rows, string columns)
    {
        var command = new NpgsqlCommand();
        command.CommandText = $"SELECT {columns} FROM {filter.Source(command)} {(filter.AsOf is null ? Present : Past)}{filter.Where(command, after, rows)}";
        return command;
    }

    static MigrationView Read(NpgsqlDataReader reader)
    {
        var operation = OperationStore.Read(reader);
        var doubt = operation.Status == OperationStatus.InDoubt ? operation.Doubt : null;
        var left = operation.Figures?.LeftOnSource ?? (IReadOnlyList<string>?)Value<string[]>(reader, Column.LeftOnSource);
        return new MigrationView
        {
            Id = operation.Id,
            VmId = operation.VmId,
            VmName = operation.VmName,
            SourceHostId = operation.HostId,
            SourceHostName = reader.Text((int)Column.SourceName),
            DestinationHostId = operation.DestinationHostId!.Value,
            DestinationHostName = reader.Text((int)Column.DestinationName),
            Status = operation.Status,
            Phase = operation.Phase ?? MigrationPhase.Requested,
            Phases = reader.Json<MigrationPhaseEntry[]>((int)Column.Phases) ?? [],
            Progress = reader.Json<MigrationProgress>((int)Column.Progress),
            ProgressAt = reader.InstantOrNull((int)Column.ProgressAt),
            Policy = operation.Policy ?? new MigrationPolicy(),
            Epoch = operation.Epoch,
            Trail = operation.Trail,
            CancelRequestedAt = operation.CancelRequestedAt,
            Error = operation.Error,
            Forecast = reader.Json<MigrationForecast>((int)Column.Forecast),
            GrantedBandwidthMiBps = operation.GrantedBandwidthMiBps,
            Waiting = Waiting(reader),
            Doubt = doubt is null ? null : new MigrationDoubtView
            {
                Unknown = doubt.Unknown,
                Since = doubt.Since,
                UnansweredHosts = [.. doubt.UnansweredHostIds.Select(h => Silent(reader, operation, h))],
            },
            UnansweredHostIds = doubt?.UnansweredHostIds,
            Resolution = operation.Resolution,
            FinishedAt = operation.FinishedAt,
            TotalMs = operation.Figures?.TotalMs ?? Number(reader, Column.TotalMs),
            DowntimeMs = operation.Figures?.DowntimeMs ?? Number(reader, Column.DowntimeMs),
            TransferredBytes = operation.Figures?.TransferredBytes ?? Number(reader, Column.TransferredBytes),
            LeftOnSource = left is { Count: > 0 } ? left : null,
            Url = Urls.Migration(operation.Id),
            OperationUrl = Urls.Operation(operation.Id),
            VmUrl = Urls.Vm(operation.VmId),
        };
    }

    static MigrationWaiting? Waiting(NpgsqlDataReader reader) => reader.Text((int)Column.WaitReason) is { } reason
        ? new() { Reason = reason, Since = reader.Instant((int)Column.WaitingSince), AskedAt = reader.Instant((int)Column.AskedAt) }
        : null;

    static SilentHost Silent(NpgsqlDataReader reader, Operation operation, HostId host) => host == operation.HostId
        ? new() { Id = host, Name = reader.Text((int)Column.SourceName), LastSeenAt = reader.InstantOrNull((int)Column.SourceSeenAt) }
        : new() { Id = host, Name = reader.Text((int)Column.DestinationName), LastSeenAt = reader.InstantOrNull((int)Column.DestinationSeenAt) };

    static T? Value<T>(NpgsqlDataReader reader, Column column)
        where T : class => reader.IsDBNull((int)column) ? null : reader.GetFieldValue<T>((int)column);

    static long? Number(NpgsqlDataReader reader, Column column) => reader.IsDBNull((int)column) ? null : reader.GetInt64((int)column);
}
