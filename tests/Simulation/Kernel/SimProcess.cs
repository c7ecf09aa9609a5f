namespace HvPlatform.Simulation.Kernel;

/// <summary>
/// A process: its continuations and timers run on the simulation's thread, one at a time, each at a small random delay. <see cref="Kill"/> is kill -9:
/// whatever it had not yet done never happens. What is to outlive it (disk, database, broker, hypervisor) belongs to someone else.
/// </summary>
sealed class SimProcess
{
    static readonly TimeSpan s_mostDelay = TimeSpan.FromMilliseconds(2);

    readonly SimScheduler _scheduler;

    public SimProcess(SimScheduler scheduler, string name)
    {
        (_scheduler, Name) = (scheduler, name);
        Context = new LifeContext(this);
    }

    /// <summary>Its name in the trace.</summary>
    public string Name { get; }

    /// <summary>Where this life's continuations go. Those of an earlier life that someone else completes go nowhere.</summary>
    public SynchronizationContext Context { get; private set; }

    /// <summary>Grows with every death; what belongs to an earlier life does not happen.</summary>
    public int Life { get; private set; } = 1;

    /// <summary>The clock to give to what runs inside; its timers die with the process.</summary>
    public TimeProvider Time => new Clock(this);

    /// <summary>Runs something as this process, soon. An exception that escapes is the simulation's.</summary>
    public void Start(string what, Func<Task> work) => Soon(what, () => _ = WatchAsync(what, work));

    /// <summary>Dies at once.</summary>
    public void Kill()
    {
        Life++;
        Context = new LifeContext(this);
    }

    void Soon(string what, Action run) =>
        _scheduler.After(TimeSpan.FromTicks(_scheduler.Random.NextInt64(s_mostDelay.Ticks)), this, $"{Name}: {what}", run);

    async Task WatchAsync(string what, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            _scheduler.Fail(new SimulationDefectException($"{Name}: {what}: {e}"));
        }
    }

    sealed class Clock(SimProcess process) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        SimScheduler Scheduler => process.SchedulerOf();

        public override DateTimeOffset GetUtcNow() => Scheduler.Now;

        public override long GetTimestamp() => Scheduler.Now.UtcTicks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(process, callback, state);
            timer.Change(dueTime, period);
            return timer;
        }
    }

    SimScheduler SchedulerOf() => _scheduler;

    sealed class LifeContext(SimProcess process) : SynchronizationContext
    {
        readonly int _life = process.Life;

        public override void Post(SendOrPostCallback d, object? state)
        {
            if (process.Life == _life)
            {
                process.Soon("continue", () => d(state));
            }
        }

        public override void Send(SendOrPostCallback d, object? state) => throw new SimulationDefectException($"{process.Name} blocks on its own context.");

        public override SynchronizationContext CreateCopy() => this;
    }

    sealed class Timer(SimProcess process, TimerCallback callback, object? state) : ITimer
    {
        readonly int _life = process.Life;
        SimItem? _next;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _next?.Cancel();
            _next = null;
            if (dueTime != Timeout.InfiniteTimeSpan && process.Life == _life)
            {
                Arm(dueTime, period);
            }

            return true;
        }

        public void Dispose() => _next?.Cancel();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        void Arm(TimeSpan due, TimeSpan period) => _next = process.SchedulerOf().After(due, process, $"{process.Name}: timer", () =>
        {
            if (period > TimeSpan.Zero)
            {
                Arm(period, period);
            }

            callback(state);
        });
    }
}
