using Npgsql;

namespace HvPlatform.Events;

/// <summary>
/// Append-only streams of events in PostgreSQL, in Marten's table layout (<see cref="EventStoreSchema"/>). One instance per service; thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// The theory. A reader that follows all events remembers one number, the last <c>seq_id</c> it saw, and asks for higher ones. That is right only if
/// numbers become visible in their order. A sequence alone does not give that: it hands out 7 and 8, 8 commits first, the reader sees 8, and 7 is
/// lost to it for ever. So every append takes one lock per event store before it takes a number and keeps it until its commit is visible
/// (PostgreSQL releases a transaction's locks after that). Then sequence order is commit order, gaps are only ever rolled-back
/// transactions, and nobody has to wait for one to fill.
/// </para>
/// <para>
/// The price is that commits of appends run one after the other. It is paid back by making each commit carry more: single appends that
/// arrive while a commit is under way are gathered and go together in the next one, and in a larger transaction the append is the last statement
/// before the commit (<see cref="CreateAppendCommand"/>), so the lock is held for one round trip.
/// </para>
/// <para>
/// A writer that goes past this class (Marten's own appends) must call <c>SELECT hv_lock_appends()</c> first in its transaction, else followers may
/// miss its events; streams and versions stay right in any case, they are kept by the unique index.
/// </para>
/// </remarks>
public sealed partial class EventStore : IAsyncDisposable
{
    readonly NpgsqlDataSource _source;
    readonly EventTypes _types;
    readonly IReadOnlyList<IProjection> _projections;
    readonly AppendCoalescer _coalescer;

    /// <summary>An event store in the tables that the connections of <paramref name="source"/> find by their search path.</summary>
    /// <param name="source">Pooled connections. <c>No Reset On Close=true</c> saves a statement per use.</param>
    /// <param name="types">The registered event types.</param>
    /// <param name="projections">Read models that every append of this instance keeps in its own transaction.</param>
    public EventStore(NpgsqlDataSource source, EventTypes types, IReadOnlyList<IProjection>? projections = null)
    {
        _source = source;
        _types = types;
        _projections = projections ?? [];
        _coalescer = new AppendCoalescer(source, RunAsync);
    }

    /// <summary>Finishes the appends that were accepted and gives the connection back.</summary>
    public ValueTask DisposeAsync() => _coalescer.DisposeAsync();
}
