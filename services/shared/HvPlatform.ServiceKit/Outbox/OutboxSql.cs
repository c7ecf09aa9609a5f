using System.Data.Common;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.ServiceKit.Outbox;

/// <summary>Every statement on the outbox tables.</summary>
internal static class OutboxSql
{
    const string Columns = "id, message_id, key, queue, type, body, headers";

    /// <summary>Adds what a transaction has to say to its commit batch: timers taken back, then all messages in one statement, in order.</summary>
    public static void AddWrites(NpgsqlBatch batch, List<OutboxMessage> messages, List<Guid> cancelledTokens, OutboxHeaders headers)
    {
        if (cancelledTokens.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from outbox where token = any($1)")
            {
                Parameters = { Array(NpgsqlDbType.Uuid, cancelledTokens.ToArray()) },
            });
        }

        if (messages.Count == 0)
        {
            return;
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            insert into outbox (message_id, key, queue, type, body, due_at, token, headers)
            select m, k, q, t, b, d, o, $8
            from unnest($1, $2, $3, $4, $5, $6, $7) with ordinality as u(m, k, q, t, b, d, o, n)
            order by n
            """)
        {
            Parameters =
            {
                Array(NpgsqlDbType.Uuid, messages.ConvertAll(m => m.MessageId).ToArray()),
                Array(NpgsqlDbType.Uuid, messages.ConvertAll(m => m.Key).ToArray()),
                Array(NpgsqlDbType.Text, messages.ConvertAll(m => m.Queue).ToArray()),
                Array(NpgsqlDbType.Text, messages.ConvertAll(m => m.Type).ToArray()),
                Array(NpgsqlDbType.Json, messages.ConvertAll(m => m.Body).ToArray()),
                Array(NpgsqlDbType.TimestampTz, messages.ConvertAll(m => m.DueAt).ToArray()),
                Array(NpgsqlDbType.Uuid, messages.ConvertAll(m => m.Token).ToArray()),
                new() { Value = headers.ToJson(), NpgsqlDbType = NpgsqlDbType.Json },
            },
        });
    }

    /// <summary>One round trip of the relay: takes away the rows that are confirmed and reads what is to be sent next, oldest first.</summary>
    public static async Task<OutboxRead> DeleteAndReadAsync(
        NpgsqlConnection connection, long[] confirmed, long[] inFlight, Guid[] withheldKeys, DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (confirmed.Length > 0)
        {
            batch.BatchCommands.Add(Delete(confirmed));
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand($"select {Columns} from outbox where due_at is null and id <> all($1) and key <> all($2) order by id limit $3")
        {
            Parameters = { Array(NpgsqlDbType.Bigint, inFlight), Array(NpgsqlDbType.Uuid, withheldKeys), new() { Value = limit } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            $"select {Columns} from outbox where due_at <= $1 and id <> all($2) and key <> all($3) order by due_at, id limit $4")
        {
            Parameters = { Timestamp(now), Array(NpgsqlDbType.Bigint, inFlight), Array(NpgsqlDbType.Uuid, withheldKeys), new() { Value = limit } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select min(due_at) from outbox where due_at > $1") { Parameters = { Timestamp(now) } });

        var rows = new List<OutboxRow>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await ReadRowsAsync(reader, rows, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await ReadRowsAsync(reader, rows, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new OutboxRead(rows, await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetFieldValue<DateTimeOffset>(0));
    }

    public static async Task DeleteAsync(NpgsqlConnection connection, long[] confirmed, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Delete(confirmed) } };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Moves a row that cannot be sent out of the way, with the reason.</summary>
    public static async Task ParkAsync(NpgsqlConnection connection, long id, string reason, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with gone as (delete from outbox where id = $1 returning *)
            insert into outbox_parked (id, message_id, key, queue, type, body, headers, due_at, token, created_at, reason)
            select id, message_id, key, queue, type, body, headers, due_at, token, created_at, $2 from gone
            """,
            connection)
        {
            Parameters = { new() { Value = id }, new() { Value = reason } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes inbox rows older than the retention away, at most <paramref name="limit"/>; returns how many.</summary>
    public static async Task<int> PruneInboxAsync(NpgsqlConnection connection, TimeSpan retention, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "delete from inbox where ctid = any(array(select ctid from inbox where received_at < now() - $1 limit $2))", connection)
        {
            Parameters = { new() { Value = retention, NpgsqlDbType = NpgsqlDbType.Interval }, new() { Value = limit } },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static NpgsqlBatchCommand Delete(long[] confirmed) => new("delete from outbox where id = any($1)") { Parameters = { Array(NpgsqlDbType.Bigint, confirmed) } };

    static async Task ReadRowsAsync(DbDataReader reader, List<OutboxRow> rows, CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new OutboxRow(
                reader.GetInt64(0),
                reader.GetGuid(1),
                reader.GetGuid(2),
                await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetString(3),
                reader.GetString(4),
                reader.GetString(5),
                await reader.IsDBNullAsync(6, cancellationToken) ? null : reader.GetString(6)));
        }
    }

    static NpgsqlParameter Array(NpgsqlDbType element, object value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Array | element };

    static NpgsqlParameter Timestamp(DateTimeOffset value) => new() { Value = value.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz };
}

/// <summary>What the relay read, and when the next timer is due.</summary>
internal sealed record OutboxRead(List<OutboxRow> Rows, DateTimeOffset? NextDueAt);
