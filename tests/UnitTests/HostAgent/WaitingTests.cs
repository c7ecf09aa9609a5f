using HvPlatform.HostAgent.Waiting;
using Xunit;

namespace HvPlatform.UnitTests.HostAgent;

public sealed class WaitingTests
{
    [Fact]
    public async Task Gate_lets_in_as_many_as_it_has_places_and_the_others_in_order()
    {
        var gate = new AsyncGate(1);
        await gate.EnterAsync(default);
        var (second, third) = (gate.EnterAsync(default), gate.EnterAsync(default));
        gate.Leave();
        await second;
        Assert.False(third.IsCompleted);
        gate.Leave();
        await third;
        gate.Leave();
        await gate.EnterAsync(default);
        Assert.False(gate.EnterAsync(default).IsCompleted);
    }

    [Fact]
    public async Task Who_gives_up_at_the_gate_takes_no_place()
    {
        var gate = new AsyncGate(1);
        await gate.EnterAsync(default);
        using var stop = new CancellationTokenSource();
        var (leaves, stays) = (gate.EnterAsync(stop.Token), gate.EnterAsync(default));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
        gate.Leave();
        await stays;
    }

    [Fact]
    public async Task Gate_is_never_entered_by_more_than_it_has_places()
    {
        var (gate, inside, most) = (new AsyncGate(3), 0, 0);
        await Parallel.ForAsync(0, 3000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, stop) =>
        {
            await gate.EnterAsync(stop);
            var now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);
            await Task.Yield();
            Interlocked.Decrement(ref inside);
            gate.Leave();
        });
        Assert.InRange(most, 1, 3);
        Assert.Equal(0, inside);
    }

    [Fact]
    public async Task Several_wishes_before_anyone_looks_are_one()
    {
        var signal = new AsyncSignal();
        signal.Set();
        signal.Set();
        await signal.WaitAsync(default);
        var again = signal.WaitAsync(default);
        Assert.False(again.IsCompleted);
        signal.Set();
        await again;
    }

    [Fact]
    public async Task Waiting_for_a_wish_ends_with_its_token_and_leaves_no_wish_behind()
    {
        var signal = new AsyncSignal();
        using var stop = new CancellationTokenSource();
        var waiting = signal.WaitAsync(stop.Token);
        await stop.CancelAsync();
        await waiting;
        Assert.False(signal.WaitAsync(default).IsCompleted);
    }

    static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value;)
        {
            seen = Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
