using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation;

/// <summary>Sums over seeds.</summary>
sealed class SeedTotals
{
    public int Seeds { get; private set; }

    public int Violations { get; private set; }

    public int Migrations { get; private set; }

    public int Completed { get; private set; }

    public int RolledBack { get; private set; }

    public int FailedIntact { get; private set; }

    public SortedDictionary<string, int> Reached { get; } = new(StringComparer.Ordinal);

    public void Add(WorldResult result)
    {
        Seeds++;
        Violations += result.Violation is null ? 0 : 1;
        Migrations += result.Migrations;
        Completed += result.Completed;
        RolledBack += result.RolledBack;
        FailedIntact += result.FailedIntact;
        foreach (var (what, times) in result.Reached)
        {
            Reached[what] = Reached.GetValueOrDefault(what) + times;
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seeds {Seeds}, violations {Violations}, migrations {Migrations}, completed {Completed}, rolled back {RolledBack}, failed-intact {FailedIntact}");
}

/// <summary>Runs many worlds on a few threads; each world stays on the thread it began on. Results come in the order of the seeds.</summary>
static class SeedRunner
{
    const int Threads = 2;

    public static SeedTotals Run(int from, int seeds, WorldOptions options, string? record, bool showProgress, Action<WorldResult> each)
    {
        var totals = new SeedTotals();
        var results = new ConcurrentDictionary<int, WorldResult>();
        var next = from - 1;
        using var ready = new SemaphoreSlim(0);
        var threads = Enumerable.Range(0, Math.Min(Threads, seeds)).Select(_ => new Thread(() =>
        {
            for (int seed; (seed = Interlocked.Increment(ref next)) < from + seeds;)
            {
                var recorder = record is null ? null : new DecisionRecorder(record, seed, options.SagaTimings);
                results[seed] = RandomWorld.Run(options with { Seed = seed }, recorder);
                recorder?.Write();
                ready.Release();
            }
        })
        { IsBackground = true }).ToList();
        threads.ForEach(t => t.Start());
        var clock = Stopwatch.StartNew();
        for (var seed = from; seed < from + seeds;)
        {
            ready.Wait();
            for (; results.TryRemove(seed, out var result); seed++)
            {
                totals.Add(result);
                each(result);
            }

            if (showProgress)
            {
                Console.Error.Write($"\r{totals.Seeds} of {seeds} seeds, {totals.Violations} violations, {clock.Elapsed.TotalSeconds:F0} s ");
            }
        }

        if (showProgress)
        {
            Console.Error.WriteLine();
        }

        threads.ForEach(t => t.Join());
        return totals;
    }
}
