using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.Simulation.Bus;

namespace HvPlatform.Simulation.Services;

/// <summary>What a service's database keeps beside the service's own rows: the inbox, the outbox, timers (outbox rows with a due time). Outlives the process.</summary>
sealed class DurableStore(string name, Func<Guid> nextId)
{
    readonly List<OutboxRow> _outbox = [];
    long _row;

    public string Name => name;

    /// <summary>Message ids worked on.</summary>
    public HashSet<Guid> Inbox { get; } = [];

    public IReadOnlyList<OutboxRow> Outbox => _outbox;

    /// <summary>The database does not answer.</summary>
    public bool IsAway { get; set; }

    public StoreTx Begin() => new(this);

    public void Remove(OutboxRow row) => _outbox.Remove(row);

    public void Commit(StoreTx tx, Guid? delivery)
    {
        if (delivery is { } id)
        {
            Inbox.Add(id);
        }

        foreach (var write in tx.Writes)
        {
            write();
        }

        if (tx.CancelledTokens.Count > 0)
        {
            _outbox.RemoveAll(r => r.Token is { } token && tx.CancelledTokens.Contains(token));
        }

        foreach (var m in tx.Messages)
        {
            _outbox.Add(new OutboxRow(++_row, m.Queue, Envelope.Of(nextId(), m.Message, m.Key, name), m.DueAt, m.Token));
        }
    }
}

/// <summary>A message that is committed and not yet confirmed by the broker; with a due time, a timer.</summary>
sealed record OutboxRow(long Number, string? Queue, Envelope Message, DateTimeOffset? DueAt, Guid? Token);

/// <summary>A transaction in the making: nothing of it is seen before <see cref="DurableStore.Commit"/>. Same verbs as HvTransaction.</summary>
sealed class StoreTx(DurableStore store) : IEffectSink
{
    public DurableStore Store => store;

    public List<Action> Writes { get; } = [];

    public List<(string? Queue, object Message, Guid Key, DateTimeOffset? DueAt, Guid? Token)> Messages { get; } = [];

    public HashSet<Guid> CancelledTokens { get; } = [];

    public void Publish(object message, Guid key) => Messages.Add((null, message, key, null, null));

    public void Send(string queue, object message, Guid key) => Messages.Add((queue, message, key, null, null));

    /// <summary>A timer; one with the same token that was set before is replaced.</summary>
    public void SendAt(string queue, object message, Guid key, DateTimeOffset dueAt, Guid? token = null)
    {
        if (token is { } t)
        {
            CancelScheduled(t);
        }

        Messages.Add((queue, message, key, dueAt, token));
    }

    void IEffectSink.SendAt(string queue, object message, Guid key, DateTimeOffset dueAt, Guid token) => SendAt(queue, message, key, dueAt, token);

    public void CancelScheduled(Guid token)
    {
        CancelledTokens.Add(token);
        Messages.RemoveAll(m => m.Token == token);
    }
}
