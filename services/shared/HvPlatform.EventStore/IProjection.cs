using Npgsql;

namespace HvPlatform.Events;

/// <summary>
/// A read model kept by SQL in the transaction that appends the events, so it is never behind them. The same two methods serve appends and a rebuild
/// from zero: the store hands over events in order, one append's or a page of thousands, and runs the commands.
/// </summary>
/// <remarks>
/// Write set-based SQL (arrays and <c>unnest</c>), it decides how fast a rebuild is. The commands run while the append lock is held; transactions that
/// wrote the same rows before their append can deadlock with it, so leave a read model's tables to its projection.
/// </remarks>
public interface IProjection
{
    /// <summary>Its name; where a rebuild ended is recorded under it.</summary>
    string Name { get; }

    /// <summary>The aliases it wants (see <see cref="EventTypes.AliasesOf{T}"/>); null = all.</summary>
    IReadOnlyCollection<string>? Types { get; }

    /// <summary>Adds the commands that empty the read model.</summary>
    void Reset(IList<NpgsqlBatchCommand> commands);

    /// <summary>Adds the commands that bring the read model past these events, which are in order and of the wanted types. They run in the order added.</summary>
    void Apply(IReadOnlyList<StoredEvent> events, IList<NpgsqlBatchCommand> commands);
}
