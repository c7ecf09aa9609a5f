using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

/// <summary>A simulated host asked directly, with a clock that the test moves.</summary>
internal sealed class ModelTest(SimulatedHyperVHost host, ModelClock clock)
{
    public SimulatedHyperVHost Host { get; } = host;

    public CimCatalogue Catalogue => Host.Catalogue;

    public static ModelTest Create(SimulatedHostOptions? options = null, string name = "HV1", ModelClock? clock = null)
    {
        clock ??= new ModelClock();
        return new ModelTest(SimulatedHyperVHost.Create(name, options ?? new SimulatedHostOptions(), clock), clock);
    }

    public CimPath Service(string className) => Catalogue.PathOf(Catalogue.Enumerate(CimPath.Virtualization, className).Single());

    /// <summary>Calls a method of the one instance of a class.</summary>
    public CimInstance Call(string className, string method, params (string Name, object? Value)[] arguments) => Call(Service(className), method, arguments);

    public CimInstance Call(CimPath target, string method, params (string Name, object? Value)[] arguments)
    {
        var given = new CimInstance(method + "_INPUT");
        foreach (var (name, value) in arguments)
        {
            given[name] = value;
        }

        return Catalogue.Invoke(target, method, given);
    }

    /// <summary>The job that an answer names, as it is now.</summary>
    public CimInstance Job(CimInstance answer)
    {
        Assert.Equal(4096L, answer.Number("ReturnValue"));
        return Catalogue.Get(answer.Reference("Job")!)!;
    }

    /// <summary>Lets the job that an answer names end, and gives it.</summary>
    public CimInstance Finish(CimInstance answer)
    {
        for (var i = 0; i < 10_000; i++)
        {
            var job = Job(answer);
            if (job.Number("JobState") is not (4 or 6))
            {
                return job;
            }

            clock.Pass(TimeSpan.FromMilliseconds(100));
        }

        throw new TimeoutException("The job does not end.");
    }

    /// <summary>Like <see cref="Finish"/>, and the job must have ended well. An answer of 0 is well too.</summary>
    public void Succeed(CimInstance answer)
    {
        if (answer.Number("ReturnValue") != 0)
        {
            var job = Finish(answer);
            Assert.True(job.Number("JobState") == 7, $"{job.Number("JobState")} {job.Number("ErrorCode")} {job.String("ErrorDescription")}");
        }
    }

    /// <summary>Like <see cref="Finish"/>, and the job must have failed.</summary>
    public CimInstance Fail(CimInstance answer, long errorCode)
    {
        var job = Finish(answer);
        Assert.Equal(10, job.Number("JobState"));
        Assert.Equal(errorCode, job.Number("ErrorCode"));
        return job;
    }

    public void Pass(TimeSpan time) => clock.Pass(time);
}

/// <summary>A clock that stands until the test moves it; from any thread.</summary>
internal sealed class ModelClock : TimeProvider
{
    private long ticks = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero).Ticks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref ticks), TimeSpan.Zero);

    public void Pass(TimeSpan time) => Interlocked.Add(ref ticks, time.Ticks);
}
