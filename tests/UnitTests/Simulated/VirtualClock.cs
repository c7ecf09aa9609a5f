namespace HvPlatform.UnitTests.Simulated;

/// <summary>
/// Time that passes only when the test says so. Timers fire in the order they are due, each at its own instant, on a thread without a synchronisation context: what
/// awaited a timer then runs on inside its firing, and arms its next timer before time moves. While no timer is armed, work is still under way elsewhere, and time stands still.
/// </summary>
sealed class VirtualClock : TimeProvider
{
    static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan s_realPatience = TimeSpan.FromSeconds(60);

    readonly Lock _gate = new();
    readonly PriorityQueue<VirtualTimer, (long Due, long Order)> _due = new();
    long _ticks;
    long _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(GetTimestamp());

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets virtual time pass until the task ends; gives up after an hour of it, or when nothing moves for a minute of real time.</summary>
    public Task<T> RunUntilAsync<T>(Task<T> task, TimeSpan? limit = null) => Task.Run(async () =>
    {
        var end = GetTimestamp() + (limit ?? TimeSpan.FromHours(1)).Ticks;
        while (!task.IsCompleted)
        {
            if (GetTimestamp() >= end)
            {
                throw new TimeoutException("The virtual time is up.");
            }

            if (HasTimers())
            {
                Advance(s_step);
            }
            else
            {
                await WorkElsewhereAsync(task);
            }
        }

        return await task;
    });

    /// <summary>Lets this much virtual time pass.</summary>
    public Task PassAsync(TimeSpan by) => Task.Run(() => Advance(by));

    async Task WorkElsewhereAsync(Task task)
    {
        var since = System.GetTimestamp();
        while (!task.IsCompleted && !HasTimers())
        {
            if (System.GetElapsedTime(since) > s_realPatience)
            {
                throw new TimeoutException("No timer is armed and the task does not end.");
            }

            await Task.WhenAny(task, Task.Delay(1));
        }
    }

    bool HasTimers()
    {
        lock (_gate)
        {
            while (_due.TryPeek(out var next, out var p))
            {
                if (!next.Disposed && next.DueTicks == p.Due)
                {
                    return true;
                }

                _due.Dequeue();
            }

            return false;
        }
    }

    void Advance(TimeSpan by)
    {
        var end = GetTimestamp() + by.Ticks;
        while (true)
        {
            VirtualTimer? next;
            lock (_gate)
            {
                if (!_due.TryPeek(out next, out var p) || p.Due > end)
                {
                    break;
                }

                _due.Dequeue();
                if (next.Disposed || next.DueTicks != p.Due)
                {
                    continue;
                }

                Interlocked.Exchange(ref _ticks, Math.Max(_ticks, p.Due));
                next.DueTicks = -1;
            }

            next.Fire();
        }

        Interlocked.Exchange(ref _ticks, end);
    }

    sealed class VirtualTimer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public long DueTicks { get; set; } = -1;

        public bool Disposed { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                DueTicks = dueTime == Timeout.InfiniteTimeSpan ? -1 : clock.GetTimestamp() + dueTime.Ticks;
                if (DueTicks >= 0)
                {
                    clock._due.Enqueue(this, (DueTicks, clock._order++));
                }
            }

            return true;
        }

        public void Fire() => callback(state);

        public void Dispose() => Disposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
