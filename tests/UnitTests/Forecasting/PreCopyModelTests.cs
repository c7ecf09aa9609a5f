using HvPlatform.Hypervisors.Forecasting;
using Xunit;

namespace HvPlatform.UnitTests.Forecasting;

public sealed class PreCopyModelTests
{
    const long Pages = 262_144; // 1 GiB
    const double PageRate = 25_600; // 100 MiB/s

    static readonly PreCopyLimits s_limits = new(PageRate * PreCopyModel.PageBytes, MaxDowntimeMs: 100, AutoConverge: false);

    [Fact]
    public void Idle_guest_takes_one_pass_and_the_fixed_switch_over()
    {
        var end = PreCopyModel.Predict(new PreCopyGuest(Pages, 0, 0), s_limits)!.Value;
        Assert.Equal(Pages, end.SentPages, precision: 6);
        Assert.Equal((Pages / PageRate * 1000) + PreCopyModel.SwitchOverMs, end.ElapsedMs, precision: 6);
        Assert.Equal(PreCopyModel.SwitchOverMs, end.DowntimeMs, precision: 6);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Rounds_are_a_geometric_series_in_dirty_rate_over_bandwidth(double q)
    {
        var guest = new PreCopyGuest(Pages, Pages, q * PageRate);
        var state = PreCopyModel.Begin(guest);
        var k = 0;
        while (state.Stage == PreCopyStage.Copying)
        {
            Assert.Equal(k + 1, state.Round);
            Assert.Equal(Pages * Math.Pow(q, k), state.LeftPages, Pages * 1e-9);
            state = PreCopyModel.Advance(state, guest, s_limits, PreCopyModel.MsToNextEvent(state, s_limits));
            k++;
        }

        // The first k with N·q^k pages within the downtime, less the fixed cost.
        var fits = PageRate * (s_limits.MaxDowntimeMs - PreCopyModel.SwitchOverMs) / 1000;
        Assert.Equal((int)Math.Ceiling(Math.Log(fits / Pages) / Math.Log(q)), k);

        var end = PreCopyModel.Predict(guest, s_limits)!.Value;
        var expected = Pages * (1 - Math.Pow(q, k + 1)) / (1 - q);
        Assert.Equal(expected, end.SentPages, Pages * 1e-9);
        Assert.Equal((expected / PageRate * 1000) + PreCopyModel.SwitchOverMs, end.ElapsedMs, precision: 3);
        Assert.Equal((Pages * Math.Pow(q, k) / PageRate * 1000) + PreCopyModel.SwitchOverMs, end.DowntimeMs, precision: 3);
        Assert.True(end.DowntimeMs <= s_limits.MaxDowntimeMs);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(3.0)]
    public void Guest_that_dirties_as_fast_as_it_is_copied_never_converges(double q)
    {
        Assert.Null(PreCopyModel.Predict(new PreCopyGuest(Pages, Pages, q * PageRate), s_limits));
    }

    [Fact]
    public void Dirty_pages_saturate_at_the_working_set()
    {
        const long WorkingSet = 10_000;
        var guest = new PreCopyGuest(Pages, WorkingSet, 10 * PageRate);
        var state = PreCopyModel.Begin(guest);
        state = PreCopyModel.Advance(state, guest, s_limits, PreCopyModel.MsToNextEvent(state, s_limits));
        Assert.Equal(WorkingSet, state.LeftPages, precision: 6);
        state = PreCopyModel.Advance(state, guest, s_limits, PreCopyModel.MsToNextEvent(state, s_limits));
        Assert.Equal(WorkingSet, state.LeftPages, precision: 6);
        Assert.Null(PreCopyModel.Predict(guest, s_limits));
    }

    [Fact]
    public void Small_working_set_fits_into_the_downtime_whatever_the_rate()
    {
        const long WorkingSet = 1000;
        var end = PreCopyModel.Predict(new PreCopyGuest(Pages, WorkingSet, 100 * PageRate), s_limits)!.Value;
        Assert.Equal(2, end.Round);
        Assert.Equal((WorkingSet / PageRate * 1000) + PreCopyModel.SwitchOverMs, end.DowntimeMs, precision: 3);
    }

    [Fact]
    public void Longer_downtime_ends_what_a_shorter_one_does_not()
    {
        var guest = new PreCopyGuest(Pages, 25_600, 2 * PageRate);
        Assert.Null(PreCopyModel.Predict(guest, s_limits));
        Assert.Equal(1005, PreCopyModel.Predict(guest, s_limits with { MaxDowntimeMs = 1005 })!.Value.DowntimeMs, precision: 3);
    }

    [Fact]
    public void Auto_converge_slows_the_guest_in_steps_until_it_converges()
    {
        var guest = new PreCopyGuest(Pages, Pages, 2 * PageRate);
        var limits = s_limits with { AutoConverge = true };
        var steps = new List<int>();
        var state = PreCopyModel.Begin(guest);
        while (state.Stage != PreCopyStage.Done)
        {
            state = PreCopyModel.Advance(state, guest, limits, PreCopyModel.MsToNextEvent(state, limits));
            if (steps.LastOrDefault() != state.ThrottlePercent)
            {
                steps.Add(state.ThrottlePercent);
            }

            Assert.True(state.Round < 200);
        }

        // 2 × 0.2 = 0.4 of the bandwidth: below one half, so no further step.
        Assert.Equal([20, 30, 40, 50, 60, 70, 80], steps);
        Assert.True(state.DowntimeMs <= limits.MaxDowntimeMs);
    }

    [Fact]
    public void Small_steps_and_large_steps_end_the_same()
    {
        var guest = new PreCopyGuest(Pages, Pages / 2, 0.7 * PageRate);
        var once = PreCopyModel.Advance(PreCopyModel.Begin(guest), guest, s_limits, 1e9);
        var state = PreCopyModel.Begin(guest);
        while (state.Stage != PreCopyStage.Done)
        {
            state = PreCopyModel.Advance(state, guest, s_limits, 7.3);
        }

        Assert.Equal(once.Round, state.Round);
        Assert.Equal(once.ElapsedMs, state.ElapsedMs, precision: 4);
        Assert.Equal(once.DowntimeMs, state.DowntimeMs, precision: 4);
        Assert.Equal(once.SentPages, state.SentPages, precision: 2);
    }

    [Fact]
    public void More_bandwidth_in_the_middle_ends_a_copy_that_did_not_converge()
    {
        var guest = new PreCopyGuest(Pages, Pages, 1.5 * PageRate);
        var state = PreCopyModel.Advance(PreCopyModel.Begin(guest), guest, s_limits, 600_000);
        Assert.Equal(PreCopyStage.Copying, state.Stage);
        state = PreCopyModel.Advance(state, guest, s_limits with { BytesPerSecond = 4 * s_limits.BytesPerSecond }, 600_000);
        Assert.Equal(PreCopyStage.Done, state.Stage);
    }
}
