using HvPlatform.Simulation.Kernel;
using Xunit;

namespace HvPlatform.SimulationTests;

public sealed class SimSchedulerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_seed_replays_exactly(int seed) => Assert.Equal(Run(seed), Run(seed));

    [Fact]
    public void Another_seed_is_another_run() => Assert.NotEqual(Run(1), Run(2));

    [Fact]
    public void What_a_killed_process_had_not_done_never_happens()
    {
        var scheduler = new SimScheduler(1);
        var process = new SimProcess(scheduler, "p");
        var reached = 0;
        process.Start("work", async () =>
        {
            reached = 1;
            await Task.Delay(TimeSpan.FromSeconds(1), process.Time);
            reached = 2;
        });
        scheduler.After(TimeSpan.FromMilliseconds(500), null, "kill", process.Kill);
        while (scheduler.Step())
        {
        }

        Assert.Equal(1, reached);
    }

    static ulong Run(int seed)
    {
        var scheduler = new SimScheduler(seed);
        for (var p = 0; p < 3; p++)
        {
            var process = new SimProcess(scheduler, $"p{p}");
            process.Start("work", async () =>
            {
                for (var i = 0; i < 10; i++)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(10), process.Time);
                    await Task.Yield();
                }
            });
        }

        while (scheduler.Step())
        {
        }

        return scheduler.Trace;
    }
}
