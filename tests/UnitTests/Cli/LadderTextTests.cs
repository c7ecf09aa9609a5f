using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Verbs;
using Xunit;

namespace HvPlatform.UnitTests.Cli;

public sealed class LadderTextTests
{
    [Fact]
    public void A_ladder_is_read_step_by_step() => Assert.Equal(
        [(30, ConvergenceAction.RaiseDowntime, 1000), (120, ConvergenceAction.RaiseDowntime, 2000), (3600, ConvergenceAction.PostCopy, null)],
        LadderText.Parse("30s:raise-downtime=1000, 2m:raise-downtime=2000ms,1h:post-copy").Select(s => (s.AfterSeconds, s.Action, s.MaxDowntimeMs)));

    [Theory]
    [InlineData("5:suspend", ConvergenceAction.Suspend)]
    [InlineData("5s:abort", ConvergenceAction.Abort)]
    public void A_time_without_a_unit_is_in_seconds(string text, ConvergenceAction action)
    {
        var step = Assert.Single(LadderText.Parse(text));
        Assert.Equal((5, action, null), (step.AfterSeconds, step.Action, step.MaxDowntimeMs));
    }

    [Theory]
    [InlineData("")]
    [InlineData("30s")]
    [InlineData("30s:raise-downtime")]
    [InlineData("30s:post-copy=5")]
    [InlineData("-1s:abort")]
    [InlineData("30s:abort,")]
    [InlineData("30s:abort;60s:post-copy")]
    public void What_is_no_step_is_named(string text) =>
        Assert.Contains("is no step of a ladder", Assert.Throws<FormatException>(() => LadderText.Parse(text)).Message);
}
