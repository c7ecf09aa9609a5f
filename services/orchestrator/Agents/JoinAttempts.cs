using System.Net;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>Limits how often joins may be refused within a minute, per address and altogether: nobody tries tokens at leisure.</summary>
internal sealed class JoinAttempts(TimeProvider clock)
{
    const int MostOfOne = 10;
    const int MostOfAll = 100;
    static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);
    readonly Queue<(IPAddress From, long At)> _failed = new();

    /// <summary>How long this address has to wait, s; null if it may try.</summary>
    public int? WaitSeconds(IPAddress from)
    {
        lock (_failed)
        {
            Forget();
            var mine = _failed.Where(f => f.From.Equals(from)).ToList();
            var blocking = mine.Count >= MostOfOne ? mine[^MostOfOne].At : _failed.Count >= MostOfAll ? _failed.Peek().At : (long?)null;
            return blocking is { } since ? (int)Math.Ceiling((s_window - clock.GetElapsedTime(since)).TotalSeconds) : null;
        }
    }

    /// <summary>A join was refused.</summary>
    public void Failed(IPAddress from)
    {
        lock (_failed)
        {
            Forget();
            _failed.Enqueue((from, clock.GetTimestamp()));
        }
    }

    void Forget()
    {
        while (_failed.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.At) >= s_window)
        {
            _failed.Dequeue();
        }
    }
}
