using MassTransit;
using Npgsql;

namespace HvPlatform.ServiceKit;

/// <summary>
/// One PostgreSQL transaction in which a service changes its state and says so: rows, events and messages become true together or not at all.
/// Messages are buffered and written to the outbox in the commit's round trip; the relay publishes them after the commit, with confirms,
/// in order per <c>key</c>. Not thread-safe.
/// </summary>
public sealed class HvTransaction : IAsyncDisposable
{
    /// <summary>The open connection.</summary>
    public NpgsqlConnection Connection => throw new NotImplementedException();

    /// <summary>The open transaction.</summary>
    public NpgsqlTransaction Transaction => throw new NotImplementedException();

    /// <summary>Publishes an event after the commit. Messages with the same <paramref name="key"/> (a VM's, host's or operation's id) keep their order.</summary>
    public void Publish<T>(T message, Guid key) where T : class => throw new NotImplementedException();

    /// <summary>Sends a command to a queue after the commit, in order per <paramref name="key"/>.</summary>
    public void Send<T>(string queue, T message, Guid key) where T : class => throw new NotImplementedException();

    /// <summary>Sends a message not before <paramref name="dueAt"/>: a durable timer. <paramref name="token"/> cancels it; a token in use is replaced.</summary>
    public void SendAt<T>(string queue, T message, Guid key, DateTimeOffset dueAt, Guid token) where T : class => throw new NotImplementedException();

    /// <summary>Cancels a timer. One that has fired already is no error: its message may still arrive.</summary>
    public void CancelScheduled(Guid token) => throw new NotImplementedException();

    /// <summary>
    /// Adds a command to the commit's single round trip, before the outbox rows. For what should hold its locks as shortly as possible,
    /// above all event appends (the commit-order lock). If it throws, nothing of the transaction happened.
    /// </summary>
    public void Enlist(NpgsqlBatchCommand command) => throw new NotImplementedException();

    /// <summary>Commits everything and wakes the relay. Inside a consumer the kit calls it; elsewhere the caller does.</summary>
    public Task CommitAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Rolls back if not committed.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>Access to the transaction of a delivery.</summary>
public static class HvTransactionConsumeExtensions
{
    /// <summary>The transaction this delivery runs in. Throws if the endpoint is not transactional.</summary>
    public static HvTransaction Transaction(this ConsumeContext context) =>
        context.TryGetPayload(out HvTransaction? tx) ? tx : throw new InvalidOperationException("This endpoint is not transactional: set HvEndpoint.Transactional.");
}
