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

    /// <summary>How often the guest booted, on all hosts.</summary>
    public static int Boots(ChaosWorld world) => Count(world, 'R');

    /// <summary>How many damaged pages it found.</summary>
    public static int Damage(ChaosWorld world) => Count(world, 'X');

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

    static int Count(ChaosWorld world, char mark) =>
        Enumerable.Range(1, world.Host.Length).Sum(h => world.Hosts.SerialLog(h, ChaosWorld.Guest).Count(c => c == mark));

    async Task WatchAsync()
    {
        var length = Lengths();
        while (!_stop.IsCancellationRequested)
        {
            for (var host = 1; host <= length.Length; host++)
            {
                var now = _world.Hosts.SerialLog(host, ChaosWorld.Guest).Length;
                if (now > length[host - 1])
                {
                    lock (_heard)
                    {
                        _heard.Add((Stopwatch.GetTimestamp(), host));
                    }
                }

                length[host - 1] = now;
            }

            await Task.Delay(20);
        }

        int[] Lengths() => [.. Enumerable.Range(1, _world.Host.Length).Select(h => _world.Hosts.SerialLog(h, ChaosWorld.Guest).Length)];
    }
}
