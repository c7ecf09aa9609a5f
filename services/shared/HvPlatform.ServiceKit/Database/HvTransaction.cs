using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.ServiceKit.Outbox;
using MassTransit;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.ServiceKit;

/// <summary>
/// One PostgreSQL transaction in which a service changes its state and says so: rows, events and messages become true together or not at all.
/// Messages are buffered and written to the outbox in the commit's round trip; the relay publishes them after the commit, with confirms,
/// in order per <c>key</c>. Not thread-safe.
/// </summary>
/// <remarks>
/// Order per key is the order in which the rows were written. Two transactions that write messages with one key at the same time keep that order
/// only if they exclude each other before their commits, as they do when both touch the same stream or row.
/// </remarks>
public sealed class HvTransaction : IAsyncDisposable
{
    readonly ServiceDatabase database;
    readonly List<OutboxMessage> messages = [];
    readonly List<Guid> cancelledTokens = [];
    readonly List<NpgsqlBatchCommand> enlisted = [];
    NpgsqlBatchCommand? delivery;
    bool completed;

    internal HvTransaction(ServiceDatabase database, NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        this.database = database;
        Connection = connection;
        Transaction = transaction;
    }

    /// <summary>The open connection.</summary>
    public NpgsqlConnection Connection { get; }

    /// <summary>The open transaction.</summary>
    public NpgsqlTransaction Transaction { get; }

    /// <summary>The conversation and message this transaction's messages answer to; set by the kit for deliveries.</summary>
    internal Guid? ConversationId { get; set; }

    internal Guid? InitiatorId { get; set; }

    /// <summary>Publishes an event after the commit. Messages with the same <paramref name="key"/> (a VM's, host's or operation's id) keep their order.</summary>
    public void Publish<T>(T message, Guid key) where T : class => Add(null, message, key, null, null);

    /// <summary>Sends a command to a queue after the commit, in order per <paramref name="key"/>.</summary>
    public void Send<T>(string queue, T message, Guid key) where T : class => Add(queue, message, key, null, null);

    /// <summary>Sends a message not before <paramref name="dueAt"/>: a durable timer. <paramref name="token"/> cancels it; a token in use is replaced.</summary>
    public void SendAt<T>(string queue, T message, Guid key, DateTimeOffset dueAt, Guid token) where T : class
    {
        CancelScheduled(token);
        Add(queue, message, key, dueAt.ToUniversalTime(), token);
    }

    /// <summary>Cancels a timer. One that has fired already is no error: its message may still arrive.</summary>
    public void CancelScheduled(Guid token)
    {
        messages.RemoveAll(m => m.Token == token);
        cancelledTokens.Add(token);
    }

    /// <summary>
    /// Adds a command to the commit's single round trip, before the outbox rows. For what should hold its locks as shortly as possible,
    /// above all event appends (the commit-order lock). If it throws, nothing of the transaction happened.
    /// </summary>
    public void Enlist(NpgsqlBatchCommand command)
    {
        ThrowIfCompleted();
        enlisted.Add(command);
    }

    /// <summary>Commits everything and wakes the relay. Inside a consumer the kit calls it; elsewhere the caller does.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        ThrowIfCompleted();
        await using (var batch = new NpgsqlBatch(Connection, Transaction))
        {
            // First: whatever follows of a message that was worked on before may fail for reasons of its own.
            if (delivery is not null)
            {
                batch.BatchCommands.Add(delivery);
            }

            foreach (var command in enlisted)
            {
                batch.BatchCommands.Add(command);
            }

            OutboxSql.AddWrites(batch, messages, cancelledTokens, OutboxHeaders.Current(ConversationId, InitiatorId));
            if (batch.BatchCommands.Count == 0)
            {
                // COMMIT of a transaction that failed earlier reports success and rolls back; any statement before it reports the failure.
                batch.BatchCommands.Add(new NpgsqlBatchCommand("select 1"));
            }

            batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        completed = true;
        if (messages.Count > 0 || cancelledTokens.Count > 0)
        {
            database.Signal.Set();
        }
    }

    /// <summary>Rolls back if not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        completed = true;
        await Transaction.DisposeAsync();
        await Connection.DisposeAsync();
    }

    /// <summary>Records a delivery; false if this message was worked on before. A round trip of its own, which carries BEGIN.</summary>
    internal async Task<bool> TryRecordDeliveryAsync(string queue, Guid messageId, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(Connection, Transaction) { BatchCommands = { InboxRow(queue, messageId, "on conflict do nothing") } };
        return await batch.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Records a delivery in the commit's round trip, which fails if this message was worked on before: see <see cref="DeliveryIsDuplicate"/>.</summary>
    internal void RecordDeliveryAtCommit(string queue, Guid messageId) => delivery = InboxRow(queue, messageId, "");

    /// <summary>Whether this failure says that the message was worked on before.</summary>
    internal bool DeliveryIsDuplicate(Exception failure) =>
        delivery is not null && failure is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "inbox" } e && e.SchemaName == database.Schema;

    static NpgsqlBatchCommand InboxRow(string queue, Guid messageId, string onConflict) => new($"insert into inbox (queue, message_id) values ($1, $2) {onConflict}")
    {
        Parameters = { new() { Value = queue, NpgsqlDbType = NpgsqlDbType.Text }, new() { Value = messageId, NpgsqlDbType = NpgsqlDbType.Uuid } },
    };

    void Add<T>(string? queue, T message, Guid key, DateTimeOffset? dueAt, Guid? token) where T : class
    {
        ThrowIfCompleted();
        var type = message.GetType();
        messages.Add(new OutboxMessage(
            Guid.CreateVersion7(), key, queue, database.MessageTypes.NameOf(type), JsonSerializer.Serialize(message, type, HvJson.Options), dueAt, token));
    }

    void ThrowIfCompleted() => ObjectDisposedException.ThrowIf(completed, this);
}

/// <summary>Access to the transaction of a delivery.</summary>
public static class HvTransactionConsumeExtensions
{
    /// <summary>The transaction this delivery runs in. Throws if the endpoint is not transactional.</summary>
    public static HvTransaction Transaction(this PipeContext context) =>
        context.TryGetPayload(out HvTransaction? tx) ? tx : throw new InvalidOperationException("This endpoint is not transactional: set HvEndpoint.Transactional.");
}
