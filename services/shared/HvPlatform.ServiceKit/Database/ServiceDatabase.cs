using HvPlatform.ServiceKit.Outbox;
using Npgsql;

namespace HvPlatform.ServiceKit;

/// <summary>A service's own schema in the platform's PostgreSQL. Connections have it first in their search path.</summary>
public sealed class ServiceDatabase(string schema, NpgsqlDataSource dataSource)
{
    /// <summary>The schema's name.</summary>
    public string Schema { get; } = schema;

    /// <summary>Pooled connections with <c>search_path = schema</c>.</summary>
    public NpgsqlDataSource DataSource { get; } = dataSource;

    /// <summary>
    /// Connections for <see cref="BeginAsync"/>, not reset between two uses: the reset is seven statements in front of every transaction, and a transaction
    /// leaves nothing behind in its session as long as it only uses <c>set local</c> and transaction-level locks.
    /// </summary>
    internal NpgsqlDataSource Transactions { get; init; } = dataSource;

    internal MessageTypes MessageTypes { get; init; } = MessageTypes.Contracts;

    internal OutboxSignal Signal { get; } = new();

    /// <summary>Begins a transaction that can publish, send and set timers through the outbox. For work that no message started (REST, timers).</summary>
    public async Task<HvTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        var connection = await Transactions.OpenConnectionAsync(cancellationToken);
        try
        {
            // Npgsql sends BEGIN together with the first command: it costs no round trip.
            return new HvTransaction(this, connection, await connection.BeginTransactionAsync(cancellationToken));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
