using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Events;

/// <summary>The call of a SQL function that appends: the small one for one event, else the bulk one.</summary>
static class AppendCall
{
    const string SingleSql = "SELECT version, seq, appended_at FROM hv_append_event($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    internal static NpgsqlBatchCommand ToBatchCommand(IReadOnlyList<EncodedAppend> appends)
    {
        var command = new NpgsqlBatchCommand(SqlFor(appends));
        AddParameters(command.Parameters, appends, skipConflicts: false);
        return command;
    }

    internal static async Task<AppendOutcome> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<EncodedAppend> appends, bool skipConflicts, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(SqlFor(appends), connection);
        AddParameters(command.Parameters, appends, skipConflicts);
        await command.PrepareAsync(cancellationToken);
        AppendOutcome outcome;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            outcome = IsSingle(appends)
                ? await ReadSingleAsync(reader, appends, cancellationToken)
                : await BulkAppendCall.ReadAsync(reader, appends, cancellationToken);
        }

        if (!outcome.IsNumbered)
        {
            await outcome.LookUpNumbersAsync(connection, cancellationToken);
        }

        return outcome;
    }

    static bool IsSingle(IReadOnlyList<EncodedAppend> appends) => appends.Count == 1 && appends[0].Events.Length == 1;

    static string SqlFor(IReadOnlyList<EncodedAppend> appends) => IsSingle(appends) ? SingleSql : BulkAppendCall.Sql;

    static void AddParameters(NpgsqlParameterCollection parameters, IReadOnlyList<EncodedAppend> appends, bool skipConflicts)
    {
        if (IsSingle(appends))
        {
            AddSingle(parameters, appends[0].Source, appends[0].Events[0]);
        }
        else
        {
            new BulkAppendCall(appends).AddParameters(parameters, skipConflicts);
        }
    }

    static void AddSingle(NpgsqlParameterCollection parameters, StreamAppend append, in EncodedEvent e)
    {
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = append.StreamId });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = append.StreamType });
        Add(append.ExpectedVersion, NpgsqlDbType.Bigint);
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = e.Id });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = e.Type });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = e.DotnetType });
        Add(e.Json, NpgsqlDbType.Jsonb);
        Add(e.Timestamp?.UtcDateTime, NpgsqlDbType.TimestampTz);
        Add(e.CorrelationId, NpgsqlDbType.Text);
        Add(e.CausationId, NpgsqlDbType.Text);
        Add(e.Headers, NpgsqlDbType.Jsonb);

        void Add(object? value, NpgsqlDbType type) => parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
    }

    static async Task<AppendOutcome> ReadSingleAsync(NpgsqlDataReader reader, IReadOnlyList<EncodedAppend> appends, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        var seq = reader.GetInt64(1);
        return new AppendOutcome(appends, [reader.GetInt64(0)], accepted: null, seq, seq, reader.GetFieldValue<DateTimeOffset>(2));
    }
}
