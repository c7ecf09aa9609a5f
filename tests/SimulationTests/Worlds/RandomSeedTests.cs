using HvPlatform.Simulation;
using HvPlatform.Simulation.Worlds;
using Xunit;

namespace HvPlatform.SimulationTests.Worlds;

/// <summary>Random worlds. A seed that fails here is replayed with <c>./hv sim --seed N --verbose</c>.</summary>
public sealed class RandomSeedTests
{
    const int Seeds = 2000;

    /// <summary>Seeds from which something was learned: each once broke an invariant.</summary>
    static readonly int[] s_regressions = [1, 2, 18, 31, 36, 43, 47, 78, 99, 141, 143, 222, 245, 471, 580, 784, 50495];

    [Fact]
    public void In_two_thousand_worlds_no_invariant_is_broken_and_the_rare_paths_are_taken()
    {
        var violations = new List<string>();
        var totals = SeedRunner.Run(1, Seeds, new WorldOptions(), record: null, showProgress: false, r => Note(violations, r));

        Assert.True(violations.Count == 0, string.Join("\n", violations.Take(20)));
        Assert.Equal(Seeds, totals.Seeds);
        foreach (var path in RarePaths)
        {
            Assert.True(totals.Reached.GetValueOrDefault(path) > 0, $"'{path}' was never reached: the worlds have become too tame to prove anything about it.");
        }
    }

    [Fact]
    public void Seeds_that_once_failed_do_not()
    {
        foreach (var seed in s_regressions)
        {
            var result = RandomWorld.Run(new WorldOptions { Seed = seed });
            Assert.True(result.Violation is null, $"seed {seed}: {result.Violation}");
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void A_world_replays_exactly(int seed)
    {
        var first = RandomWorld.Run(new WorldOptions { Seed = seed });
        var second = RandomWorld.Run(new WorldOptions { Seed = seed, Trace = true });
        Assert.Equal((first.Hash, first.Steps), (second.Hash, second.Steps));
    }

    internal static IReadOnlyList<string> RarePaths { get; } =
    [
        "phase InDoubt -> Finishing", "phase InDoubt -> Confirming", "phase InDoubt -> RollingBack", "phase InDoubt -> Failed", "phase Cancelling -> Finishing",
        "phase Cancelling -> InDoubt", "phase Finishing -> InDoubt", "phase Confirming -> InDoubt", "phase RollingBack -> InDoubt",
        "incident both agents die", "incident both hosts lose power", "incident broker away", "incident database away", "ended Completed", "ended RolledBack",
        "ended RolledBack (cancelled)", "ended Failed", "incident link cut", "lost timer", "timer armed again",
        "kept CleanUpMigrationDestination", "kept ConfirmMigrationOnSource", "kept RestoreMigrationSource",
        "kept PrepareMigrationDestination", "kept TransferVm", "kept StartVmOnHost",
    ];

    static void Note(List<string> violations, WorldResult result)
    {
        if (result.Violation is { } violation)
        {
            violations.Add($"./hv sim --seed {result.Seed} --verbose: {violation}");
        }
    }
}
