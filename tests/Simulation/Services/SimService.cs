using HvPlatform.Simulation.Bus;
using HvPlatform.Simulation.Kernel;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation.Services;

/// <summary>
/// A service with a database, as the service kit builds it: inbox, one transaction per delivery, outbox relayed in order per key and deleted after the
/// broker's confirm, bounded retry, error queue. The process can die at any of these points; the store cannot.
/// </summary>
abstract class SimService : ISimConsumer
{
    static readonly TimeSpan[] s_retries =
        [TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    readonly HashSet<Guid> _busyLanes = [];
    readonly SimQueue _queue;
    int _boot;
    DateTimeOffset? _nextWake;

    protected SimService(World world, string name, string queue, IEnumerable<Type> inputs)
    {
        World = world;
        Store = new DurableStore(name, world.NextGuid);
        Process = new SimProcess(world.Scheduler, name);
        _queue = world.Broker.Declare(queue, inputs);
    }

    public World World { get; }

    public DurableStore Store { get; }

    public SimProcess Process { get; }

    public string Name => Process.Name;

    public bool IsRunning { get; private set; }

    protected DateTimeOffset Now => World.Scheduler.Now;

    public void Boot()
    {
        if (IsRunning)
        {
            return;
        }

        IsRunning = true;
        _boot++;
        World.Trace(Name, () => "starts");
        _busyLanes.Clear();
        _nextWake = null;
        _queue.Attach(this);
        Relay();
        Booted();
    }

    /// <summary>kill -9, and started again after a while.</summary>
    public void Crash(TimeSpan down)
    {
        if (!IsRunning)
        {
            return;
        }

        World.Trace(Name, () => $"dies for {down.TotalSeconds:F1} s");
        IsRunning = false;
        Process.Kill();
        _queue.Detach();
        World.Scheduler.After(down, null, "restart", Boot);
    }

    /// <summary>The database is back.</summary>
    public void StoreIsBack()
    {
        Store.IsAway = false;
        if (IsRunning)
        {
            World.Scheduler.After(TimeSpan.FromMilliseconds(50), Process, "relay", Relay);
        }
    }

    /// <summary>Starts what the service does by itself.</summary>
    protected virtual void Booted()
    {
    }

    /// <summary>Works on one message: rules first, then what is to be written into the transaction. Throwing means: again, and after the last try to the error queue.</summary>
    protected abstract void Handle(object message, StoreTx tx);

    public void Deliver(Delivery delivery) => Work(delivery, delivery.Turn, 0);

    /// <summary>What a service does outside a delivery, in a transaction of its own. Returns false if the database is away.</summary>
    protected bool Transact(Action<StoreTx> work)
    {
        if (Store.IsAway)
        {
            return false;
        }

        var tx = Store.Begin();
        work(tx);
        Store.Commit(tx, null);
        Relay();
        return true;
    }

    void Work(Delivery delivery, int turn, int attempt)
    {
        if (delivery.Turn != turn)
        {
            return;
        }

        if (Store.IsAway)
        {
            Again(delivery, turn, attempt, TimeSpan.FromSeconds(1));
            return;
        }

        var message = delivery.Message;
        var fault = World.Adversary.OnWork(Name, message);
        if (!World.Options.Without(Safeguard.Inbox) && Store.Inbox.Contains(message.Id))
        {
            World.Trace(Name, () => $"has {message.Type.Name} already");
            delivery.Acknowledge(turn);
            return;
        }

        var tx = Store.Begin();
        try
        {
            Handle(message.Open(), tx);
        }
        catch (RetryException e)
        {
            if (attempt < s_retries.Length)
            {
                Again(delivery, turn, attempt + 1, s_retries[attempt]);
                return;
            }

            World.Trace(Name, () => $"cannot work on {message.Type.Name}: {e.Message}");
            World.Broker.Errors.Add((_queue.Name, message, e.Message));
            delivery.Acknowledge(turn);
            return;
        }

        Commit(delivery, turn, attempt, tx, fault);
    }

    void Commit(Delivery delivery, int turn, int attempt, StoreTx tx, WorkFault fault)
    {
        switch (fault)
        {
            case WorkFault.CrashBeforeCommit:
                Crash(World.DownTime());
                return;
            case WorkFault.CommitFails:
                World.Trace(Name, () => "its commit fails");
                Again(delivery, turn, attempt, s_retries[0]);
                return;
        }

        Store.Commit(tx, delivery.Message.Id);
        World.Committed(this);
        switch (fault)
        {
            case WorkFault.CrashAfterCommit:
                Crash(World.DownTime());
                return;
            case WorkFault.CommitAnswerLost:
                World.Trace(Name, () => "its commit's answer is lost");
                Again(delivery, turn, attempt, s_retries[0]);
                Relay();
                return;
        }

        Relay();
        World.Scheduler.After(World.Latency(), Process, "acknowledge", () => delivery.Acknowledge(turn));
    }

    void Again(Delivery delivery, int turn, int attempt, TimeSpan wait) => World.Scheduler.After(wait, Process, "try again", () => Work(delivery, turn, attempt));

    /// <summary>Sends what is committed: in order per key, each after the broker's confirm of the one before; due timers too.</summary>
    void Relay()
    {
        if (!IsRunning || Store.IsAway)
        {
            return;
        }

        DateTimeOffset? next = null;
        HashSet<Guid>? seen = null;
        foreach (var row in Store.Outbox)
        {
            if (row.DueAt > Now)
            {
                next = next is null || row.DueAt < next ? row.DueAt : next;
                continue;
            }

            if ((seen ??= []).Add(row.Message.Key) && _busyLanes.Add(row.Message.Key))
            {
                World.Scheduler.After(World.Latency(), Process, "relay", () => SendRow(row));
            }
        }

        if (next is { } due && due != _nextWake)
        {
            _nextWake = due;
            var boot = _boot;
            World.Scheduler.At(due, Process, "due", () =>
            {
                _nextWake = null;
                if (boot == _boot)
                {
                    Relay();
                }
            });
        }
    }

    void SendRow(OutboxRow row)
    {
        if (!World.Broker.IsUp || Store.IsAway)
        {
            World.Scheduler.After(TimeSpan.FromMilliseconds(500), Process, "relay", () => SendRow(row));
            return;
        }

        if (!World.Adversary.OnLeave(row.Message))
        {
            return;
        }

        World.Trace(Name, () => $"{(row.Queue is null ? "publishes" : $"sends to {World.NameOfQueue(row.Queue)}")} {World.Describe(row.Message)}");
        World.Sent(row.Message);
        World.Broker.Take(row.Queue, row.Message);
        World.Scheduler.After(World.Latency(), Process, "confirm", () => Confirmed(row));
    }

    void Confirmed(OutboxRow row)
    {
        if (Store.IsAway)
        {
            // The row cannot be deleted: whoever reads it next sends it again, as the same message.
            World.Scheduler.After(TimeSpan.FromMilliseconds(500), Process, "confirm", () => Confirmed(row));
            return;
        }

        Store.Remove(row);
        _busyLanes.Remove(row.Message.Key);
        Relay();
    }
}

/// <summary>A message that cannot be worked on now, and perhaps later.</summary>
sealed class RetryException(string message) : Exception(message);
