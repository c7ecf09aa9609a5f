using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.ServiceKit;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Orchestrator;

/// <summary>Commands with positional parameters, and the few column types the orchestrator reads.</summary>
internal static class Db
{
    public static NpgsqlCommand Command(this HvTransaction tx, string sql, params ReadOnlySpan<object?> values) =>
        With(new NpgsqlCommand(sql, tx.Connection, tx.Transaction), values);

    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values) =>
        With(new NpgsqlCommand(sql, connection), values);

    /// <summary>Runs a statement and disposes of it; returns the number of rows changed.</summary>
    public static async Task<int> ExecuteAsync(this HvTransaction tx, string sql, object?[] values, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Runs a statement in the commit's round trip. For what nothing later in the transaction reads.</summary>
    public static Task AtCommitAsync(this HvTransaction tx, string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(Parameter(value));
        }

        tx.Enlist(command);
        return Task.CompletedTask;
    }

    /// <summary>A jsonb parameter; null stays null.</summary>
    public static NpgsqlParameter Jsonb<T>(T? value) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Jsonb,
        Value = value is null ? DBNull.Value : JsonSerializer.Serialize(value, HvJson.Options),
    };

    /// <summary>An integer parameter; null stays null.</summary>
    public static NpgsqlParameter Int(int? value) => new() { NpgsqlDbType = NpgsqlDbType.Integer, Value = value ?? (object)DBNull.Value };

    /// <summary>A text parameter; null stays null.</summary>
    public static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = value ?? (object)DBNull.Value };

    /// <summary>A uuid parameter; null stays null.</summary>
    public static NpgsqlParameter Uuid(Guid? value) => new() { NpgsqlDbType = NpgsqlDbType.Uuid, Value = value ?? (object)DBNull.Value };

    public static int? IntOrNull(this NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt32(ordinal);

    public static T? Json<T>(this NpgsqlDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? default : JsonSerializer.Deserialize<T>(reader.GetString(ordinal), HvJson.Options);

    public static string? Text(this NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    public static DateTimeOffset Instant(this NpgsqlDataReader reader, int ordinal) => reader.GetFieldValue<DateTimeOffset>(ordinal);

    public static DateTimeOffset? InstantOrNull(this NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.Instant(ordinal);

    public static TEnum Enum<TEnum>(this NpgsqlDataReader reader, int ordinal)
        where TEnum : struct, Enum => System.Enum.TryParse<TEnum>(reader.GetString(ordinal), ignoreCase: true, out var value) ? value : default;

    static NpgsqlCommand With(NpgsqlCommand command, ReadOnlySpan<object?> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(Parameter(value));
        }

        return command;
    }

    static NpgsqlParameter Parameter(object? value) => value switch
    {
        NpgsqlParameter parameter => parameter,
        null => new NpgsqlParameter { Value = DBNull.Value },
        VmId vm => new NpgsqlParameter { Value = vm.Value },
        HostId host => new NpgsqlParameter { Value = host.Value },
        OperationId operation => new NpgsqlParameter { Value = operation.Value },
        Enum name => new NpgsqlParameter { Value = name.ToString() },
        _ => new NpgsqlParameter { Value = value },
    };
}
