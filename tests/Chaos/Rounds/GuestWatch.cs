using System.Diagnostics;
using HvPlatform.Chaos.World;

namespace HvPlatform.Chaos.Rounds;

/// <summary>What the guest says on its serial line, on both hosts, with the time at which it was heard.</summary>
sealed class GuestWatch : IAsyncDisposable
{
    readonly ChaosWorld _world;
    readonly CancellationTokenSource _stop = new();
    readonly List<(long At, int Host)> _heard = [];
    readonly Task _watching;

    public GuestWatch(ChaosWorld world)
    {
        _world = world;
        _watching = WatchAsync();
    }

    /// <summary>When the guest was first heard on a host after a moment, or null.</summary>
    public TimeSpan? HeardAfter(long moment, int host)
    {
        lock (_heard)
        {
            var first = _heard.FirstOrDefault(h => h.At > moment && h.Host == host).At;
            return first == 0 ? null : Stopwatch.GetElapsedTime(moment, first);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    async Task WatchAsync()
    {
        long[] length = [.. _world.Host.Select(h => h.SerialLength(ChaosWorld.Guest))];
        while (!_stop.IsCancellationRequested)
        {
            for (var i = 0; i < length.Length; i++)
            {
                var now = _world.Host[i].SerialLength(ChaosWorld.Guest);
                if (now > length[i])
                {
                    lock (_heard)
                    {
                        _heard.Add((Stopwatch.GetTimestamp(), i + 1));
                    }
                }

                length[i] = now;
            }

            await Task.Delay(20);
        }
    }
}
