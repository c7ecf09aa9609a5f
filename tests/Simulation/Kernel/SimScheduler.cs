namespace HvPlatform.Simulation.Kernel;

/// <summary>
/// Virtual time and everything that is to happen in it, on one thread. Among things due at the same instant the seed chooses, so a seed is one
/// interleaving and replays exactly. <see cref="Trace"/> is a running hash of all that happened: equal traces, equal runs.
/// <para>
/// What runs here may use async/await, TimeProvider timers, channels and locks, but must never leave the thread: no Task.Run, no
/// ConfigureAwait(false), no CancelAsync, no SemaphoreSlim with a token, no sleeping. <see cref="SimProcess"/> notices when something did, and throws.
/// </para>
/// </summary>
sealed class SimScheduler
{
    readonly PriorityQueue<Item, (long Ticks, long Order)> _items = new();
    readonly int _thread = Environment.CurrentManagedThreadId;
    long _count;
    SimulationDefectException? _defect;

    public SimScheduler(int seed) => Random = new Random(seed);

    /// <summary>The only source of chance.</summary>
    public Random Random { get; }

    /// <summary>When every simulation begins.</summary>
    public static DateTimeOffset Beginning { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Virtual time.</summary>
    public DateTimeOffset Now { get; private set; } = Beginning;

    /// <summary>Things that have happened.</summary>
    public long Steps { get; private set; }

    /// <summary>Hash of all that has happened.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <summary>What <see cref="Step"/> is running.</summary>
    public string Current { get; private set; } = "";

    /// <summary>Puts something into time. It does not happen if its process is dead by then.</summary>
    public SimItem At(DateTimeOffset due, SimProcess? owner, string what, Action run)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new SimulationDefectException($"'{what}' was put into time by another thread: something left the simulation's thread, so the run would not replay.");
        }

        var item = new Item(due < Now ? Now : due, owner, owner?.Life ?? 0, what, run);
        _items.Enqueue(item, (item.Due.UtcTicks, Random.NextInt64(1 << 30) << 32 | (_count++ & 0xffffffff)));
        return item;
    }

    /// <summary>Puts something into time, so far from now.</summary>
    public SimItem After(TimeSpan wait, SimProcess? owner, string what, Action run) => At(Now + wait, owner, what, run);

    /// <summary>Lets the next thing happen. False if nothing is left, or nothing before <paramref name="until"/>; then time stands at until.</summary>
    public bool Step(DateTimeOffset? until = null)
    {
        while (_items.TryPeek(out var item, out _))
        {
            if (until is { } end && item.Due > end)
            {
                Now = end;
                return false;
            }

            _items.Dequeue();
            if (item.IsCancelled || item.Owner?.Life != item.Life && item.Owner is not null)
            {
                continue;
            }

            Now = item.Due;
            Steps++;
            Note(item.What);
            Current = item.What;
            var before = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(item.Owner?.Context);
            try
            {
                item.Run();
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(before);
            }

            return _defect is null ? true : throw _defect;
        }

        if (until is { } limit && limit > Now)
        {
            Now = limit;
        }

        return false;
    }

    /// <summary>What nobody waits for has failed: the step in which it did throws.</summary>
    public void Fail(SimulationDefectException defect) => _defect ??= defect;

    /// <summary>Adds something to the trace.</summary>
    public void Note(string what)
    {
        foreach (var c in what)
        {
            Trace = (Trace ^ c) * 1099511628211;
        }

        Trace = (Trace ^ (ulong)Now.UtcTicks) * 1099511628211;
    }

    sealed class Item(DateTimeOffset due, SimProcess? owner, int life, string what, Action run) : SimItem
    {
        public DateTimeOffset Due => due;

        public SimProcess? Owner => owner;

        public int Life => life;

        public string What => what;

        public Action Run => run;
    }
}

/// <summary>Something in the future.</summary>
abstract class SimItem
{
    public bool IsCancelled { get; private set; }

    public void Cancel() => IsCancelled = true;
}

/// <summary>The simulation itself is wrong, not what it simulates.</summary>
sealed class SimulationDefectException(string message) : Exception(message);
