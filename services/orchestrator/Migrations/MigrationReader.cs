using System.Text;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using Npgsql;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary>Migrations: the orchestrator's own rows joined with the inventory's record of their course, so that one is found right after its acceptance.</summary>
internal static class MigrationReader
{
    static readonly string Select = $"""
        SELECT {OperationStore.SelectList}, m.phases, m.progress, m.progress_at, m.unanswered_host_ids, m.total_ms, m.downtime_ms, m.transferred_bytes,
               s.name, d.name, (o.accepted_at)::text
        FROM orchestrator.operations o
        LEFT JOIN inventory.migrations m ON m.operation_id = o.id
        LEFT JOIN inventory.hosts s ON s.host_id = o.host_id
        LEFT JOIN inventory.hosts d ON d.host_id = o.destination_host_id
        WHERE o.kind = 'MigrateVm'
        """;

    public static async Task<MigrationView?> FindAsync(NpgsqlConnection connection, OperationId id, CancellationToken cancellationToken)
    {
        await using var command = connection.Command($"{Select} AND o.id = $1", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    public static async Task<List<(MigrationView Item, string Value, Guid Id)>> ListAsync(
        NpgsqlConnection connection, OperationFilter filter, Cursor? after, int rows, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        command.CommandText = new StringBuilder(Select).Append(filter.Where(command, after, rows)).ToString();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<(MigrationView, string, Guid)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var migration = Read(reader);
            items.Add((migration, reader.GetString(28), migration.Id.Value));
        }

        return items;
    }

    static MigrationView Read(NpgsqlDataReader reader)
    {
        var operation = OperationStore.Read(reader);
        return new MigrationView
        {
            Id = operation.Id,
            VmId = operation.VmId,
            VmName = operation.VmName,
            SourceHostId = operation.HostId,
            SourceHostName = reader.Text(26),
            DestinationHostId = operation.DestinationHostId!.Value,
            DestinationHostName = reader.Text(27),
            Status = operation.Status,
            Phase = operation.Phase ?? MigrationPhase.Requested,
            Phases = reader.Json<MigrationPhaseEntry[]>(19) ?? [],
            Progress = reader.Json<MigrationProgress>(20),
            ProgressAt = reader.InstantOrNull(21),
            Policy = operation.Policy ?? new MigrationPolicy(),
            Epoch = operation.Epoch,
            Trail = operation.Trail,
            CancelRequestedAt = operation.CancelRequestedAt,
            Error = operation.Error,
            UnansweredHostIds = operation.Status == OperationStatus.InDoubt && !reader.IsDBNull(22)
                ? [.. reader.GetFieldValue<Guid[]>(22).Select(h => new HostId(h))] : null,
            FinishedAt = operation.FinishedAt,
            TotalMs = Number(reader, 23),
            DowntimeMs = Number(reader, 24),
            TransferredBytes = Number(reader, 25),
            Url = Urls.Migration(operation.Id),
            OperationUrl = Urls.Operation(operation.Id),
            VmUrl = Urls.Vm(operation.VmId),
        };
    }

    static long? Number(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt64(ordinal);
}
