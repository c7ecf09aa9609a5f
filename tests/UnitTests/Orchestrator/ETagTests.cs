using HvPlatform.Orchestrator.Http;
using Xunit;

namespace HvPlatform.UnitTests.Orchestrator;

public sealed class ETagTests
{
    [Theory]
    [InlineData("\"7\"", "\"7\"", true)]
    [InlineData("\"7\"", "\"8\"", false)]
    [InlineData("\"6\", \"7\"", "\"7\"", true)]
    [InlineData("*", "\"7\"", true)]
    [InlineData("\"7-stale\"", "\"7\"", true)]
    [InlineData("\"7\"", "\"7-stale\"", true)]
    [InlineData("W/\"7\"", "\"7\"", false)]
    public void If_match_compares_strongly_and_leaves_the_volatile_part_out(string header, string current, bool matches) =>
        Assert.Equal(matches, ETags.Matches(header, current));

    [Theory]
    [InlineData("\"7\"", "\"7\"", true)]
    [InlineData("W/\"7\"", "\"7\"", true)]
    [InlineData("\"7\"", "\"7-stale\"", false)]
    [InlineData("\"1\",\"7\"", "\"7\"", true)]
    [InlineData("*", "\"7\"", true)]
    public void If_none_match_needs_the_very_same_copy(string header, string current, bool same) => Assert.Equal(same, ETags.SameCopy(header, current));
}
