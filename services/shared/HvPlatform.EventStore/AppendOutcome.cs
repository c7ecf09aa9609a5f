using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Events;

/// <summary>What <c>hv_append_events</c> did: per append the stream's version after it and whether it was accepted (null: all were), per event its number.</summary>
sealed class AppendOutcome(long[] versions, bool[]? accepted, DateTimeOffset appendedAt)
{
    internal long[] Versions => versions;

    internal DateTimeOffset AppendedAt => appendedAt;

    /// <summary>In the order of the events of all appends; 0 for those of an append that was not accepted.</summary>
    internal long[] Seqs { get; private set; } = [];

    internal bool IsAccepted(int append) => accepted?[append] ?? true;

    internal IReadOnlyList<AppendResult> Results(IReadOnlyList<EncodedAppend> appends)
    {
        var results = new AppendResult[appends.Count];
        var end = 0;
        for (var i = 0; i < results.Length; i++)
        {
            end += appends[i].Events.Length;
            results[i] = new AppendResult(appends[i].Source.StreamId, Versions[i], appends[i].Events.Length == 0 ? 0 : Seqs[end - 1]);
        }

        return results;
    }

    /// <summary>Numbers the events from <paramref name="first"/> on. False if another writer took numbers in between, which only one that goes past the lock can.</summary>
    internal bool TryNumber(IReadOnlyList<EncodedAppend> appends, long first, long last)
    {
        var total = 0;
        var stored = 0;
        for (var i = 0; i < appends.Count; i++)
        {
            total += appends[i].Events.Length;
            stored += IsAccepted(i) ? appends[i].Events.Length : 0;
        }

        Seqs = new long[total];
        if (last - first + 1 != stored)
        {
            return false;
        }

        ForEachStored(appends, (at, _, _) => Seqs[at] = first++);
        return true;
    }

    internal async Task LookUpNumbersAsync(NpgsqlConnection connection, IReadOnlyList<EncodedAppend> appends, CancellationToken cancellationToken)
    {
        var (positions, streams, eventVersions) = (new List<int>(), new List<Guid>(), new List<long>());
        ForEachStored(appends, (at, stream, version) =>
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

    void ForEachStored(IReadOnlyList<EncodedAppend> appends, Action<int, Guid, long> visit)
    {
        var at = 0;
        for (var i = 0; i < appends.Count; i++)
        {
            var count = appends[i].Events.Length;
            for (var j = 0; j < count; j++, at++)
            {
                if (IsAccepted(i))
                {
                    visit(at, appends[i].Source.StreamId, Versions[i] - count + j + 1);
                }
            }
        }
    }
}
