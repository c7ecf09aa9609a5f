using System.Text.Json;
using HvPlatform.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Inventory.Storage;

/// <summary>Positional parameters, one value or one array per column, with their PostgreSQL types said out loud.</summary>
internal static class SqlParameters
{
    public static NpgsqlBatchCommand Sql(string text) => new(text);

    extension(NpgsqlBatchCommand command)
    {
        public NpgsqlBatchCommand With(NpgsqlDbType type, object? value)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
            return command;
        }

        public NpgsqlBatchCommand WithArray<T>(NpgsqlDbType type, IEnumerable<T> values) => command.With(NpgsqlDbType.Array | type, values.ToArray());

        public NpgsqlBatchCommand WithText(string? value) => command.With(NpgsqlDbType.Text, value);

        public NpgsqlBatchCommand WithUuid(Guid? value) => command.With(NpgsqlDbType.Uuid, value);

        public NpgsqlBatchCommand WithLong(long? value) => command.With(NpgsqlDbType.Bigint, value);

        public NpgsqlBatchCommand WithInstant(DateTimeOffset? value) => command.With(NpgsqlDbType.TimestampTz, value?.UtcDateTime);

        public NpgsqlBatchCommand WithJson<T>(T? value) where T : class => command.With(NpgsqlDbType.Jsonb, Json(value));
    }

    public static string? Json<T>(T? value) where T : class => value is null ? null : JsonSerializer.Serialize(value, HvJson.Options);

    public static DateTime? Utc(this DateTimeOffset? value) => value?.UtcDateTime;
}
