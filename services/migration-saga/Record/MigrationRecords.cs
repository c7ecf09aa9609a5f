using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga.MigrateVm;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.MigrationSaga.Record;

/// <summary>Every statement on <c>migration_inputs</c>. Connections have the saga's schema in their search path.</summary>
public static class MigrationRecords
{
    /// <summary>One input and the digest of its decision, for the commit's batch.</summary>
    internal static NpgsqlBatchCommand Insert(int seq, DateTimeOffset at, object message, Decision decision, MigrationTimings timings) => Insert(
        decision.State.OperationId, seq, at, message, decision.State.Phase.ToString(), DecisionText.Record(decision).Digest, MigrationDecisions.Version, timings);

    /// <summary>The same of any saga's decision.</summary>
    internal static NpgsqlBatchCommand Insert(
        OperationId operation, int seq, DateTimeOffset at, object message, string phase, string digest, int version, MigrationTimings timings)
    {
        var type = message.GetType();
        return new NpgsqlBatchCommand(
            "insert into migration_inputs (operation_id, seq, at, type, body, phase, digest, version, timings) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        {
            Parameters =
            {
                new() { Value = operation.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new() { Value = seq, NpgsqlDbType = NpgsqlDbType.Integer },
                new() { Value = at.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = type.Name, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = JsonSerializer.Serialize(message, type, HvJson.Options), NpgsqlDbType = NpgsqlDbType.Json },
                new() { Value = phase, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = digest, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = version, NpgsqlDbType = NpgsqlDbType.Integer },
                new() { Value = seq == 1 ? JsonSerializer.Serialize(timings, HvJson.Options) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Json },
            },
        };
    }

    /// <summary>What was recorded of a migration; null if nothing was, or it was pruned.</summary>
    public static async Task<MigrationRecording?> ReadAsync(NpgsqlConnection connection, OperationId operation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select at, type, body, phase, digest, version, timings from migration_inputs where operation_id = $1 order by seq", connection)
        {
            Parameters = { new() { Value = operation.Value } },
        };
        var inputs = new List<RecordedInput>();
        var decisions = new List<RecordedDecision>();
        MigrationTimings? timings = null;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            timings ??= await reader.IsDBNullAsync(6, cancellationToken) ? null : JsonSerializer.Deserialize<MigrationTimings>(reader.GetString(6), HvJson.Options);
            inputs.Add(new RecordedInput(new DateTimeOffset(reader.GetDateTime(0)), reader.GetString(1), JsonSerializer.Deserialize<JsonElement>(reader.GetString(2))));
            decisions.Add(new RecordedDecision { Phase = PhaseOf(operation, reader.GetString(1), reader.GetString(3)), Digest = reader.GetString(4), DecisionVersion = reader.GetInt32(5) });
        }

        return inputs.Count == 0 ? null : new MigrationRecording
        {
            Operation = operation,
            DecisionVersion = decisions[0].DecisionVersion!.Value,
            Timings = timings ?? MigrationTimings.Default,
            Inputs = inputs,
            Decisions = decisions,
        };
    }

    /// <summary>Exports and imports are recorded in the same table, with phases of their own.</summary>
    static MigrationPhase PhaseOf(OperationId operation, string input, string phase) => MigrationDecisions.Inputs.Any(t => t.Name == input) && Enum.TryParse<MigrationPhase>(phase, out var known)
        ? known
        : throw new InvalidOperationException($"operation {operation} was told {input}: it is no migration, and only migrations are replayed.");

    /// <summary>Forgets what of one table of sagas ended before <paramref name="before"/>, a chunk at a time; returns how many.</summary>
    internal static async Task<int> PruneAsync(NpgsqlConnection connection, string table, DateTimeOffset before, int chunk, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            with old as (
                select correlation_id from {table}
                where current_state in ('Completed', 'RolledBack', 'Failed', 'Requested') and updated_at < $1
                order by updated_at limit $2 for update skip locked),
            inputs as (delete from migration_inputs using old where operation_id = correlation_id)
            delete from {table} using old where {table}.correlation_id = old.correlation_id
            """,
            connection)
        {
            Parameters = { new() { Value = before.UtcDateTime }, new() { Value = chunk } },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
