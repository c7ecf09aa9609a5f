using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Events;

/// <summary>What a call did: per append the stream's version after it and whether it was accepted (null: all were), per event its number.</summary>
sealed class AppendOutcome
{
    readonly IReadOnlyList<EncodedAppend> _appends;
    readonly bool[]? _accepted;

    internal AppendOutcome(IReadOnlyList<EncodedAppend> appends, long[] versions, bool[]? accepted, long firstSeq, long lastSeq, DateTimeOffset appendedAt)
    {
        (_appends, Versions, _accepted, AppendedAt) = (appends, versions, accepted, appendedAt);
        var (total, stored) = (0, 0);
        for (var i = 0; i < appends.Count; i++)
        {
            total += appends[i].Events.Length;
            stored += IsAccepted(i) ? appends[i].Events.Length : 0;
        }

        Seqs = new long[total];
        IsNumbered = lastSeq - firstSeq + 1 == stored;
        if (IsNumbered)
        {
            ForEachStored((at, _, _) => Seqs[at] = firstSeq++);
        }
    }

    internal long[] Versions { get; }

    internal DateTimeOffset AppendedAt { get; }

    /// <summary>In the order of the events of all appends; 0 for those of an append that was not accepted.</summary>
    internal long[] Seqs { get; }

    /// <summary>False if another writer took numbers in between, which only one that goes past the lock can: then they have to be looked up.</summary>
    internal bool IsNumbered { get; }

    internal bool IsAccepted(int append) => _accepted?[append] ?? true;

    internal AppendResult[] Results()
    {
        var results = new AppendResult[_appends.Count];
        var end = 0;
        for (var i = 0; i < results.Length; i++)
        {
            end += _appends[i].Events.Length;
            results[i] = new AppendResult(_appends[i].Source.StreamId, Versions[i], _appends[i].Events.Length == 0 ? 0 : Seqs[end - 1]);
        }

        return results;
    }

    internal async Task LookUpNumbersAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (positions, streams, eventVersions) = (new List<int>(), new List<Guid>(), new List<long>());
        ForEachStored((at, stream, version) =>
        {
            positions.Add(at);
            streams.Add(stream);
            eventVersions.Add(version);
        });
        const string sql = """
            SELECT e.seq_id FROM unnest($1, $2) WITH ORDINALITY AS a(stream_id, version, i)
            JOIN mt_events e ON e.stream_id = a.stream_id AND e.version = a.version ORDER BY a.i
            """;
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = streams });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint, Value = eventVersions });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        for (var i = 0; await reader.ReadAsync(cancellationToken); i++)
        {
            Seqs[positions[i]] = reader.GetInt64(0);
        }
    }

    void ForEachStored(Action<int, Guid, long> visit)
    {
        // A stream can occur more than once: its version after each append is that append's own.
        var at = 0;
        for (var i = 0; i < _appends.Count; i++)
        {
            var count = _appends[i].Events.Length;
            for (var j = 0; j < count; j++, at++)
            {
                if (IsAccepted(i))
                {
                    visit(at, _appends[i].Source.StreamId, Versions[i] - count + j + 1);
                }
            }
        }
    }
}
