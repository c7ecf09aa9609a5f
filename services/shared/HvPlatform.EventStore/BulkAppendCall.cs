using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Events;

/// <summary>One call of <c>hv_append_events</c>: its parameters from appends, and its result. The SQL file says what each parameter means.</summary>
sealed class BulkAppendCall
{
    internal const string Sql = """
        SELECT versions, accepted, first_seq, last_seq, appended_at
        FROM hv_append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """;

    readonly Guid[] _streams;
    readonly string[] _streamTypes;
    readonly long?[] _expected;
    readonly int[] _counts;
    readonly int[]? _previous;
    readonly bool[]? _isLast;
    readonly int[] _eventAppend;
    readonly int[] _eventOffset;
    readonly Guid[] _ids;
    readonly string[] _types;
    readonly string[] _dotnetTypes;
    readonly byte[][] _data;
    readonly DateTime?[]? _timestamps;
    readonly string?[]? _correlationIds;
    readonly string?[]? _causationIds;
    readonly byte[]?[]? _headers;

    internal BulkAppendCall(IReadOnlyList<EncodedAppend> appends)
    {
        var total = 0;
        for (var i = 0; i < appends.Count; i++)
        {
            total += appends[i].Events.Length;
        }

        _streams = new Guid[appends.Count];
        _streamTypes = new string[appends.Count];
        _expected = new long?[appends.Count];
        _counts = new int[appends.Count];
        _eventAppend = new int[total];
        _eventOffset = new int[total];
        _ids = new Guid[total];
        _types = new string[total];
        _dotnetTypes = new string[total];
        _data = new byte[total][];
        var at = 0;
        for (var i = 0; i < appends.Count; i++)
        {
            var (source, events) = (appends[i].Source, appends[i].Events);
            _streams[i] = source.StreamId;
            _streamTypes[i] = source.StreamType;
            _expected[i] = source.ExpectedVersion;
            _counts[i] = events.Length;
            for (var j = 0; j < events.Length; j++, at++)
            {
                ref readonly var e = ref events[j];
                _eventAppend[at] = i + 1;
                _eventOffset[at] = j + 1;
                _ids[at] = e.Id;
                _types[at] = e.Type;
                _dotnetTypes[at] = e.DotnetType;
                _data[at] = e.Json;
                Set(ref _timestamps, at, e.Timestamp?.UtcDateTime, total);
                Set(ref _correlationIds, at, e.CorrelationId, total);
                Set(ref _causationIds, at, e.CausationId, total);
                Set(ref _headers, at, e.Headers, total);
            }
        }

        (_previous, _isLast) = FindRepeatedStreams();
    }

    internal void AddParameters(NpgsqlParameterCollection parameters, bool skipConflicts)
    {
        parameters.Add(new NpgsqlParameter<bool> { TypedValue = skipConflicts });
        Add(_streams, NpgsqlDbType.Uuid);
        Add(_streamTypes, NpgsqlDbType.Text);
        Add(_expected, NpgsqlDbType.Bigint);
        Add(_counts, NpgsqlDbType.Integer);
        Add(_previous, NpgsqlDbType.Integer);
        Add(_isLast, NpgsqlDbType.Boolean);
        Add(_eventAppend, NpgsqlDbType.Integer);
        Add(_eventOffset, NpgsqlDbType.Integer);
        Add(_ids, NpgsqlDbType.Uuid);
        Add(_types, NpgsqlDbType.Text);
        Add(_dotnetTypes, NpgsqlDbType.Text);
        Add(_data, NpgsqlDbType.Jsonb);
        Add(_timestamps, NpgsqlDbType.TimestampTz);
        Add(_correlationIds, NpgsqlDbType.Text);
        Add(_causationIds, NpgsqlDbType.Text);
        Add(_headers, NpgsqlDbType.Jsonb);

        void Add<T>(T[]? values, NpgsqlDbType type) =>
            parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values is null ? DBNull.Value : values });
    }

    internal static async Task<AppendOutcome> ReadAsync(NpgsqlDataReader reader, IReadOnlyList<EncodedAppend> appends, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        return new AppendOutcome(
            appends,
            await reader.GetFieldValueAsync<long[]>(0, cancellationToken),
            await reader.IsDBNullAsync(1, cancellationToken) ? null : await reader.GetFieldValueAsync<bool[]>(1, cancellationToken),
            await reader.IsDBNullAsync(2, cancellationToken) ? 0 : reader.GetInt64(2),
            await reader.IsDBNullAsync(3, cancellationToken) ? -1 : reader.GetInt64(3),
            await reader.GetFieldValueAsync<DateTimeOffset>(4, cancellationToken));
    }

    static void Set<T>(ref T[]? values, int at, T value, int total)
    {
        if (value is not null)
        {
            values ??= new T[total];
            values[at] = value;
        }
    }

    (int[]? Previous, bool[]? IsLast) FindRepeatedStreams()
    {
        if (_streams.Length < 2)
        {
            return (null, null);
        }

        int[]? previous = null;
        bool[]? isLast = null;
        var lastOf = new Dictionary<Guid, int>(_streams.Length);
        for (var i = 0; i < _streams.Length; i++)
        {
            if (lastOf.TryGetValue(_streams[i], out var before))
            {
                if (isLast is null)
                {
                    previous = new int[_streams.Length];
                    isLast = new bool[_streams.Length];
                    Array.Fill(isLast, true);
                }

                previous![i] = before + 1;
                isLast[before] = false;
            }

            lastOf[_streams[i]] = i;
        }

        return (previous, isLast);
    }
}
