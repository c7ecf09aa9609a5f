using HvPlatform.Simulation.Matrix;
using Xunit;

namespace HvPlatform.SimulationTests.Worlds;

public sealed class MatrixTests
{
    [Fact]
    public void Every_cell_ends_well_and_the_published_table_says_how()
    {
        var (markdown, runs, wrong) = MatrixTable.Build();

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(runs > 400, $"only {runs} runs");
        var path = MatrixCommand.PathOf();
        if (Environment.GetEnvironmentVariable("HV_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, markdown);
        }

        Assert.True(File.ReadAllText(path) == markdown, $"{path} is out of date. See what changed and write it anew: ./hv sim --matrix --write");
    }
}
