using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;

namespace HvPlatform.Events;

public sealed partial class EventStore
{
    const string EventColumns = "e.seq_id, e.id, e.version, e.type, e.timestamp, e.correlation_id, e.causation_id, e.headers, e.data";

    /// <summary>
    /// The events of one stream, oldest first; none if there is no such stream. One statement, so a consistent view.
    /// </summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="toVersion">The last version wanted, included.</param>
    /// <param name="asOf">Only events whose timestamp is not later. Writers may have given timestamps that run against the order; then a later version can be in and an earlier one out.</param>
    /// <param name="fromVersion">The first version wanted.</param>
    /// <param name="since">Only events whose timestamp is not earlier.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<StoredEvent> ReadStreamAsync(
        Guid streamId, long? toVersion = null, DateTimeOffset? asOf = null, long fromVersion = 1, DateTimeOffset? since = null, int? limit = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand { Connection = connection };
        string Parameter<T>(T value)
        {
            command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
            return string.Create(CultureInfo.InvariantCulture, $"${command.Parameters.Count}");
        }

        var sql = new StringBuilder($"SELECT {EventColumns}, (SELECT type FROM mt_streams WHERE id = $1) FROM mt_events e WHERE e.stream_id = {Parameter(streamId)}");
        sql.Append(" AND e.version >= ").Append(Parameter(fromVersion));
        if (toVersion is { } last)
        {
            sql.Append(" AND e.version <= ").Append(Parameter(last));
        }

        if (asOf is { } end)
        {
            sql.Append(" AND e.timestamp <= ").Append(Parameter(end.UtcDateTime));
        }

        if (since is { } begin)
        {
            sql.Append(" AND e.timestamp >= ").Append(Parameter(begin.UtcDateTime));
        }

        sql.Append(" ORDER BY e.version");
        if (limit is { } most)
        {
            sql.Append(" LIMIT ").Append(Parameter(most));
        }

        command.CommandText = sql.ToString();
        await command.PrepareAsync(cancellationToken);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        string? streamType = null;
        while (await reader.ReadAsync(cancellationToken))
        {
            streamType ??= NullableString(reader, 9);
            yield return ReadEvent(reader, streamId, streamType);
        }
    }

    /// <summary>A stream's kind, version and times; null if there is no such stream.</summary>
    public async Task<StreamState?> GetStreamAsync(Guid streamId, CancellationToken cancellationToken = default)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT type, version, created, timestamp FROM mt_streams WHERE id = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = streamId });
        await command.PrepareAsync(cancellationToken);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new StreamState(streamId, NullableString(reader, 0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3))
            : null;
    }

    /// <summary>
    /// Up to <paramref name="limit"/> events of all streams after a position, in commit order. Whoever remembers the last <see cref="StoredEvent.Seq"/> and asks
    /// again misses nothing. With <paramref name="types"/> (aliases) only those.
    /// </summary>
    public async Task<IReadOnlyList<StoredEvent>> ReadAllAsync(long afterSeq, int limit, string[]? types = null, CancellationToken cancellationToken = default)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        return await ReadAllAsync(connection, afterSeq, limit, types, cancellationToken);
    }

    async Task<List<StoredEvent>> ReadAllAsync(NpgsqlConnection connection, long afterSeq, int limit, string[]? types, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        await using var command = new NpgsqlCommand(
            $"""
            SELECT {EventColumns}, s.type, e.stream_id FROM mt_events e LEFT JOIN mt_streams s ON s.id = e.stream_id
            WHERE e.seq_id > $1{(types is null ? "" : " AND e.type = ANY ($3)")} ORDER BY e.seq_id LIMIT $2
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = afterSeq });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        if (types is not null)
        {
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = types });
        }

        await command.PrepareAsync(cancellationToken);
        var events = new List<StoredEvent>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            events.Add(ReadEvent(reader, reader.GetGuid(10), NullableString(reader, 9)));
        }

        return events;
    }

    StoredEvent ReadEvent(NpgsqlDataReader reader, Guid streamId, string? streamType) => new(
        _types, reader.GetInt64(0), reader.GetGuid(1), streamId, streamType, reader.GetInt64(2), reader.GetString(3),
        reader.GetFieldValue<DateTimeOffset>(4), NullableString(reader, 5), NullableString(reader, 6),
        reader.IsDBNull(7) ? null : reader.GetFieldValue<byte[]>(7), reader.GetFieldValue<byte[]>(8));

    static string? NullableString(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
}
