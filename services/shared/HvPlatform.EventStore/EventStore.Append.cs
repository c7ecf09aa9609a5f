using System.Data;
using Npgsql;

namespace HvPlatform.Events;

public sealed partial class EventStore
{
    /// <summary>
    /// Appends to one or many streams in one transaction of its own, all or nothing. Throws <see cref="EventStoreConcurrencyException"/> if a
    /// stream is not at its expected version. The results are in the order of the appends.
    /// </summary>
    public async Task<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
    {
        if (appends.Count == 0)
        {
            return [];
        }

        var encoded = EncodedAppend.From(appends, _types);
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        try
        {
            var outcome = await RunAsync(connection, encoded, skipConflicts: false, cancellationToken);
            return outcome.Results();
        }
        catch (PostgresException e) when (EventStoreConcurrencyException.From(e) is { } conflict)
        {
            throw conflict;
        }
    }

    /// <summary>
    /// Appends to one stream. Calls that run at the same time share a commit, which is what makes many small writers fast; each still succeeds or fails
    /// by itself. Returns when the events are durable. Once an append has been sent, <paramref name="cancellationToken"/> no longer takes it back.
    /// </summary>
    public Task<AppendResult> AppendAsync(StreamAppend append, CancellationToken cancellationToken = default) =>
        _coalescer.AppendAsync(EncodedAppend.From(append, _types), cancellationToken);

    /// <summary>
    /// The append as one command for someone else's transaction, all or nothing with it. Put it into the last batch before the commit: from here to the commit the
    /// transaction holds the append lock. Nothing that follows it may wait for a row that another appender holds (a deadlock, which PostgreSQL
    /// ends by failing one of them). The transaction must be READ COMMITTED. A conflict fails the batch: see <see cref="EventStoreConcurrencyException.From"/>.
    /// </summary>
    /// <remarks>Does not run this instance's projections; <see cref="CreateAppendCommands"/> does.</remarks>
    public NpgsqlBatchCommand CreateAppendCommand(IReadOnlyList<StreamAppend> appends) => AppendCall.ToBatchCommand(EncodedAppend.From(appends, _types));

    /// <summary>
    /// As <see cref="CreateAppendCommand"/>, followed by the commands of this instance's projections. The projections get the
    /// events before the append has run: their sequence numbers are unknown (reading one throws), their versions too unless the append has an expected version,
    /// their timestamps too unless given.
    /// </summary>
    public IReadOnlyList<NpgsqlBatchCommand> CreateAppendCommands(IReadOnlyList<StreamAppend> appends)
    {
        var encoded = EncodedAppend.From(appends, _types);
        var commands = new List<NpgsqlBatchCommand> { AppendCall.ToBatchCommand(encoded) };
        if (_projections.Count > 0)
        {
            AddProjections(Expect(encoded), commands);
        }

        return commands;
    }

    /// <summary>One transaction: the call, then the projections of what was accepted. Without projections the call alone is the transaction.</summary>
    async Task<AppendOutcome> RunAsync(NpgsqlConnection connection, IReadOnlyList<EncodedAppend> appends, bool skipConflicts, CancellationToken cancellationToken)
    {
        if (_projections.Count == 0)
        {
            return await AppendCall.RunAsync(connection, appends, skipConflicts, cancellationToken);
        }

        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var outcome = await AppendCall.RunAsync(connection, appends, skipConflicts, cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        AddProjections(Stored(appends, outcome), batch.BatchCommands);
        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return outcome;
    }

    void AddProjections(List<StoredEvent> events, IList<NpgsqlBatchCommand> commands)
    {
        foreach (var projection in _projections)
        {
            var wanted = projection.Types is { } types ? events.FindAll(e => types.Contains(e.Type)) : events;
            if (wanted.Count > 0)
            {
                projection.Apply(wanted, commands);
            }
        }
    }

    List<StoredEvent> Stored(IReadOnlyList<EncodedAppend> appends, AppendOutcome outcome)
    {
        var events = new List<StoredEvent>();
        var at = 0;
        for (var i = 0; i < appends.Count; i++)
        {
            var version = outcome.Versions[i] - appends[i].Events.Length;
            foreach (var e in appends[i].Events)
            {
                var seq = outcome.Seqs[at++];
                if (outcome.IsAccepted(i))
                {
                    events.Add(ToStored(appends[i].Source, e, seq, ++version, e.Timestamp ?? outcome.AppendedAt));
                }
            }
        }

        return events;
    }

    List<StoredEvent> Expect(EncodedAppend[] appends)
    {
        var events = new List<StoredEvent>();
        foreach (var append in appends)
        {
            var version = append.Source.ExpectedVersion;
            foreach (var e in append.Events)
            {
                events.Add(ToStored(append.Source, e, seq: null, ++version, e.Timestamp));
            }
        }

        return events;
    }

    StoredEvent ToStored(StreamAppend append, EncodedEvent e, long? seq, long? version, DateTimeOffset? timestamp) =>
        new(_types, seq, e.Id, append.StreamId, append.StreamType, version, e.Type, timestamp, e.CorrelationId, e.CausationId, e.Headers, e.Json);
}
