using HvPlatform.Simulation.Kernel;

namespace HvPlatform.Simulation.Bus;

/// <summary>
/// The broker: durable queues, publish by type to every queue that is bound to it, at-least-once delivery, order per key as long as nothing is delivered again.
/// It is never killed as a process; it can be away, and then comes back with everything it had confirmed.
/// </summary>
sealed class SimBroker(SimScheduler scheduler, Func<IAdversary> adversary, Action<string, Func<string>> trace)
{
    readonly Dictionary<string, SimQueue> _queues = [];
    readonly Dictionary<Type, List<SimQueue>> _bindings = [];

    public bool IsUp { get; private set; } = true;

    public IEnumerable<SimQueue> Queues => _queues.Values;

    /// <summary>Messages that nobody could work on.</summary>
    public List<(string Queue, Envelope Message, string Why)> Errors { get; } = [];

    public SimQueue Declare(string name, IEnumerable<Type> published)
    {
        var queue = new SimQueue(name, scheduler, this, trace);
        _queues.Add(name, queue);
        foreach (var type in published)
        {
            if (!_bindings.TryGetValue(type, out var bound))
            {
                _bindings.Add(type, bound = []);
            }

            bound.Add(queue);
        }

        return queue;
    }

    /// <summary>Takes a message: to one queue, or to all that are bound to its type. The caller has checked that the broker is up.</summary>
    public void Take(string? queue, Envelope message)
    {
        if (queue is not null)
        {
            Enqueue(_queues[queue], message);
            return;
        }

        foreach (var bound in _bindings.GetValueOrDefault(message.Type, []))
        {
            Enqueue(bound, message);
        }
    }

    /// <summary>Goes away: nothing is taken or delivered; what was not acknowledged will be delivered again.</summary>
    public void GoAway()
    {
        IsUp = false;
        trace("broker", () => "is away");
        foreach (var queue in _queues.Values)
        {
            queue.ReturnUnacknowledged();
        }
    }

    public void ComeBack()
    {
        IsUp = true;
        trace("broker", () => "is back");
        foreach (var queue in _queues.Values)
        {
            queue.Pump();
        }
    }

    /// <summary>Brings a message that was kept back: nothing more goes wrong with it.</summary>
    public void Bring(string queue, Envelope message) => _queues[queue].Add(message, TimeSpan.Zero);

    void Enqueue(SimQueue queue, Envelope message)
    {
        var fate = adversary().OnEnqueue(queue.Name, message);
        if (fate.CopyAfter is { } later)
        {
            scheduler.After(later, null, "copy", () => queue.Add(message, TimeSpan.Zero));
            trace("broker", () => $"{message.Type.Name} to {queue.Name} will come twice");
        }

        if (fate.Kept)
        {
            trace("broker", () => $"{message.Type.Name} to {queue.Name} is kept back");
        }
        else if (fate.Lost)
        {
            trace("broker", () => $"{message.Type.Name} to {queue.Name} is lost");
        }
        else if (fate.Overtaken)
        {
            trace("broker", () => $"{message.Type.Name} to {queue.Name} is overtaken, {fate.Delay.TotalSeconds:F1} s");
            scheduler.After(fate.Delay, null, "late", () => queue.Add(message, TimeSpan.Zero));
        }
        else
        {
            queue.Add(message, fate.Delay);
        }
    }
}

/// <summary>Who reads a queue.</summary>
interface ISimConsumer
{
    /// <summary>Whose continuations run the delivery.</summary>
    SimProcess Process { get; }

    void Deliver(Delivery delivery);
}

/// <summary>A message in a consumer's hands.</summary>
sealed class Delivery(SimQueue queue, Envelope message, long position)
{
    public Envelope Message => message;

    public SimQueue Queue => queue;

    public long Position => position;

    public DateTimeOffset NotBefore { get; set; }

    public bool Redelivered { get; set; }

    /// <summary>Grows when it is taken back from a consumer: an acknowledgement of an earlier delivery counts for nothing.</summary>
    public int Turn { get; set; }

    public void Acknowledge(int turn) => queue.Acknowledge(this, turn);
}

/// <summary>One queue. Deliveries of one key one at a time, in order; different keys beside each other.</summary>
sealed class SimQueue(string name, SimScheduler scheduler, SimBroker broker, Action<string, Func<string>> trace)
{
    const int Prefetch = 32;
    static readonly TimeSpan s_mostLatency = TimeSpan.FromMilliseconds(4);

    readonly LinkedList<Delivery> _ready = [];
    readonly List<Delivery> _out = [];
    readonly HashSet<Guid> _blocked = [];
    ISimConsumer? _consumer;
    long _position;
    DateTimeOffset _wake = DateTimeOffset.MaxValue;

    public string Name => name;

    public int Count => _ready.Count + _out.Count;

    public IEnumerable<Envelope> Messages => _out.Concat(_ready).Select(d => d.Message);

    public void Attach(ISimConsumer consumer)
    {
        _consumer = consumer;
        Pump();
    }

    /// <summary>The consumer's connection is gone.</summary>
    public void Detach()
    {
        _consumer = null;
        ReturnUnacknowledged();
    }

    public void Add(Envelope message, TimeSpan delay)
    {
        _ready.AddLast(new Delivery(this, message, ++_position) { NotBefore = scheduler.Now + delay });
        Pump();
    }

    public void ReturnUnacknowledged()
    {
        foreach (var delivery in _out.OrderByDescending(d => d.Position))
        {
            delivery.Turn++;
            delivery.Redelivered = true;
            _ready.AddFirst(delivery);
        }

        _out.Clear();
    }

    public void Acknowledge(Delivery delivery, int turn)
    {
        if (delivery.Turn == turn && _out.Remove(delivery))
        {
            Pump();
        }
    }

    public void Pump()
    {
        if (!broker.IsUp || _consumer is not { } consumer || _ready.Count == 0)
        {
            return;
        }

        _blocked.Clear();
        foreach (var d in _out)
        {
            _blocked.Add(d.Message.Key);
        }

        var soonest = DateTimeOffset.MaxValue;
        for (var node = _ready.First; node is not null && _out.Count < Prefetch;)
        {
            var (next, delivery) = (node.Next, node.Value);
            if (_blocked.Add(delivery.Message.Key))
            {
                if (delivery.NotBefore > scheduler.Now)
                {
                    soonest = delivery.NotBefore < soonest ? delivery.NotBefore : soonest;
                }
                else
                {
                    _ready.Remove(node);
                    _out.Add(delivery);
                    Hand(consumer, delivery);
                }
            }

            node = next;
        }

        if (soonest < _wake)
        {
            WakeAt(soonest);
        }
    }

    void Hand(ISimConsumer consumer, Delivery delivery)
    {
        var turn = delivery.Turn;
        scheduler.After(TimeSpan.FromTicks(scheduler.Random.NextInt64(s_mostLatency.Ticks)), consumer.Process, "deliver", () =>
        {
            if (delivery.Turn == turn)
            {
                trace(consumer.Process.Name, () => $"gets {delivery.Message.Type.Name}{(delivery.Redelivered ? " again" : "")} from {delivery.Message.Sender}");
                consumer.Deliver(delivery);
            }
        });
    }

    void WakeAt(DateTimeOffset at)
    {
        _wake = at;
        scheduler.At(at, null, "wake", () =>
        {
            // One that an earlier one took the place of: that one has asked for the next itself. Both doing so would double their number each time.
            if (_wake == at)
            {
                _wake = DateTimeOffset.MaxValue;
                Pump();
            }
        });
    }
}
