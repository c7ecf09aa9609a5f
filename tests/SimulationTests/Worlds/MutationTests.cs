using HvPlatform.Simulation.Worlds;
using Xunit;

namespace HvPlatform.SimulationTests.Worlds;

/// <summary>A check that cannot fail proves nothing: without any one safeguard the same worlds break an invariant.</summary>
public sealed class MutationTests
{
    const int MostSeeds = 150;

    [Theory]
    [InlineData(nameof(Safeguard.EpochCheck))]
    [InlineData(nameof(Safeguard.Closing))]
    [InlineData(nameof(Safeguard.Inbox))]
    [InlineData(nameof(Safeguard.Journal))]
    [InlineData(nameof(Safeguard.AskBothHosts))]
    [InlineData(nameof(Safeguard.OneOperationPerVm))]
    public void Without_a_safeguard_an_invariant_breaks(string safeguard)
    {
        for (var seed = 1; seed <= MostSeeds; seed++)
        {
            // It must be the missing safeguard, not the world: with it the same seed is clean.
            if (RandomWorld.Run(new WorldOptions { Seed = seed, SwitchedOff = Enum.Parse<Safeguard>(safeguard) }).Violation is not null
                && RandomWorld.Run(new WorldOptions { Seed = seed }).Violation is null)
            {
                return;
            }
        }

        Assert.Fail($"{MostSeeds} worlds without {safeguard} broke nothing: no check would notice its loss.");
    }
}
