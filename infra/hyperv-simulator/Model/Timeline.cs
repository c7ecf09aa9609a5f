using System.Collections.Concurrent;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>
/// What happens later on a host. Nothing runs by itself: whoever asks the host something first lets happen what is due by its clock, in order of time, each with
/// <see cref="Now"/> being its own time. So a test with a clock of its own sees the same as one with the real clock.
/// </summary>
public sealed class Timeline(TimeProvider clock)
{
    private readonly PriorityQueue<Action, (DateTimeOffset Due, long Order)> due = new();
    private readonly ConcurrentQueue<Action> posted = new();
    private DateTimeOffset? happening;
    private long order;

    /// <summary>The time: the clock's, or while something due happens the time it was due.</summary>
    public DateTimeOffset Now => happening ?? clock.GetUtcNow();

    /// <summary>Lets something happen at a time, under the host's lock; at once is at the next question.</summary>
    public void At(DateTimeOffset when, Action what) => due.Enqueue(what, (when, order++));

    /// <summary>Lets something happen after a while.</summary>
    public void After(TimeSpan delay, Action what) => At(Now + delay, what);

    /// <summary>Asks for something to be done under this host's lock, from anywhere and without waiting: at the next question. This is how one host tells another something.</summary>
    public void Post(Action what) => posted.Enqueue(what);

    /// <summary>Lets everything happen that is due. Called under the host's lock.</summary>
    internal void Advance()
    {
        if (happening is not null)
        {
            return;
        }

        while (posted.TryDequeue(out var what))
        {
            what();
        }

        var now = clock.GetUtcNow();
        try
        {
            while (due.TryPeek(out var what, out var at) && at.Due <= now)
            {
                due.Dequeue();
                happening = at.Due;
                what();
            }
        }
        finally
        {
            happening = null;
        }
    }
}
