using Npgsql;

namespace HvPlatform.Events;

public sealed partial class EventStore
{
    const int RebuildPage = 5000;

    /// <summary>
    /// Empties a read model and fills it from all events, in one transaction: readers see the old one until the new one is complete, and a crash
    /// leaves the old one. Appends wait meanwhile (the append lock is held). Returns the number of events applied; <paramref name="progress"/> gets it as it grows.
    /// </summary>
    public async Task<long> RebuildAsync(IProjection projection, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        await using (var begin = new NpgsqlBatch(connection, transaction))
        {
            begin.BatchCommands.Add(new NpgsqlBatchCommand("SELECT hv_lock_appends()"));
            projection.Reset(begin.BatchCommands);
            await begin.ExecuteNonQueryAsync(cancellationToken);
        }

        // The lock keeps new events out, so a second connection sees all there are; it reads the next page while this one applies the last.
        await using var readConnection = await _source.OpenConnectionAsync(cancellationToken);
        var types = projection.Types?.ToArray();
        var (applied, lastSeq) = (0L, 0L);
        var page = await ReadAllAsync(readConnection, lastSeq, RebuildPage, types, cancellationToken);
        while (page.Count > 0)
        {
            lastSeq = page[^1].Seq;
            var next = ReadAllAsync(readConnection, lastSeq, RebuildPage, types, cancellationToken);
            await ApplyAsync(connection, transaction, projection, page, next, cancellationToken);
            applied += page.Count;
            progress?.Report(applied);
            page = await next;
        }

        await RecordProgressAsync(connection, transaction, projection.Name, lastSeq, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return applied;
    }

    static async Task ApplyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IProjection projection, List<StoredEvent> page, Task reading, CancellationToken cancellationToken)
    {
        try
        {
            await using var batch = new NpgsqlBatch(connection, transaction);
            projection.Apply(page, batch.BatchCommands);
            if (batch.BatchCommands.Count > 0)
            {
                await batch.ExecuteNonQueryAsync(cancellationToken);
            }
        }
        catch
        {
            // The connection under the reader is about to be given back.
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    static async Task RecordProgressAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string name, long lastSeq, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO mt_event_progression (name, last_seq_id, last_updated) VALUES ($1, $2, transaction_timestamp())
            ON CONFLICT (name) DO UPDATE SET last_seq_id = excluded.last_seq_id, last_updated = excluded.last_updated
            """;
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = lastSeq });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
