using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Forecasting;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.Forecasting;

public sealed class EtaEstimatorTests
{
    const double MiB = 1024 * 1024;

    static readonly Lazy<IReadOnlyList<RecordedTransfer>> s_recordings =
        new(() => RecordedTransfer.ReadAll(Path.Combine(Repository.Root, "tests/UnitTests/Forecasting/Recordings")));

    [Fact]
    public void Interval_fitted_on_one_half_of_the_recordings_holds_the_true_end_of_the_other()
    {
        var (one, other) = EtaCoverage.Halves(s_recordings.Value);
        foreach (var (fitted, judged) in new[] { (one, other), (other, one) })
        {
            var coverage = EtaCoverage.Of(judged, EtaCoverage.Fit(fitted));
            Assert.True(coverage.Recordings >= 12, coverage.ToString());
            Assert.True(coverage.Covered is >= 0.70 and <= 0.95, coverage.ToString());
            Assert.True(coverage.Spoken > 0.5, $"it says something about most of a transfer: {coverage}");
            Assert.True(coverage.Error < coverage.NaiveError, $"better than bytes left by throughput: {coverage}");
        }
    }

    [Fact]
    public void Interval_holds_the_true_end_of_a_recording_it_was_not_fitted_on_about_eight_times_in_ten() =>
        Assert.InRange(EtaCoverage.LeaveOneOut(s_recordings.Value), 0.72, 0.90);

    [Fact]
    public void Calibration_in_use_is_the_one_that_the_recordings_give()
    {
        var (fit, used) = (EtaCoverage.Fit(s_recordings.Value), EtaCalibration.Recorded);
        foreach (var (now, then) in new[] { (fit.FirstBelow, used.FirstBelow), (fit.FirstAbove, used.FirstAbove), (fit.LaterBelow, used.LaterBelow), (fit.LaterAbove, used.LaterAbove) })
        {
            Assert.InRange(then, now - 0.1, now + 0.1);
        }
    }

    [Fact]
    public void Coverage_check_fails_for_an_interval_that_is_too_narrow_or_too_wide()
    {
        var c = EtaCalibration.Recorded;
        Assert.InRange(EtaCoverage.Of(s_recordings.Value).Covered, 0.75, 0.85);
        Assert.True(EtaCoverage.Of(s_recordings.Value, new(c.FirstBelow / 4, c.FirstAbove / 4, c.LaterBelow / 4, c.LaterAbove / 4)).Covered < 0.70);
        Assert.True(EtaCoverage.Of(s_recordings.Value, new(c.FirstBelow * 6, c.FirstAbove * 6, c.LaterBelow * 6, c.LaterAbove * 6)).Covered > 0.95);
    }

    [Fact]
    public void Interval_holds_the_true_end_of_simulated_transfers()
    {
        var random = new Random(20_26);
        var recordings = Enumerable.Range(0, 60).Select(i => Simulate(random, i)).ToList();
        var coverage = EtaCoverage.Of(recordings);
        Assert.True(coverage.Covered is >= 0.70 and <= 0.99, coverage.ToString());
        Assert.True(coverage.Error < coverage.NaiveError, coverage.ToString());
    }

    [Fact]
    public void Nothing_is_said_before_there_is_something_to_go_by()
    {
        var eta = new EtaEstimator(new(), 1024);
        Assert.Null(eta.Estimate());
        eta.Take(Report(0, 1, 0, 1024));
        Assert.Null(eta.Estimate());
        eta.Take(Report(100, 1, 10, 1014));
        Assert.Null(eta.Estimate());
    }

    [Fact]
    public void Steady_transfer_of_an_idle_guest_ends_when_the_rest_is_sent()
    {
        var eta = new EtaEstimator(new(), 1024, dirtyRateMiBps: 0);
        for (var ms = 0; ms <= 5000; ms += 250)
        {
            eta.Take(Report(ms, 1, ms / 10, 1024 - (ms / 10)));
        }

        var interval = eta.Estimate()!.Value;
        Assert.InRange(5240, interval.P10Ms, interval.P90Ms);
        Assert.InRange(interval.ExpectedMs, 5100, 5700);
    }

    [Fact]
    public void Transfer_that_does_not_converge_has_no_interval_until_a_rung_ends_it()
    {
        // 40 MiB in every round, at 20 MiB/s.
        Assert.Null(Rounds(new()));
        var postCopy = new MigrationPolicy { Ladder = [new() { AfterSeconds = 60, Action = ConvergenceAction.PostCopy }] };
        var interval = Rounds(postCopy)!.Value;

        // The rung is 38 s away; up to 40 MiB are left then.
        Assert.InRange(39_500, interval.P10Ms, interval.P90Ms);
        Assert.Null(Rounds(postCopy with { Ladder = [new() { AfterSeconds = 60, Action = ConvergenceAction.Abort }] }));
        Assert.NotNull(Rounds(postCopy with { Ladder = [new() { AfterSeconds = 30, Action = ConvergenceAction.RaiseDowntime, MaxDowntimeMs = 3000 }] }));

        static EtaInterval? Rounds(MigrationPolicy policy)
        {
            var eta = new EtaEstimator(policy, 100);
            for (var ms = 0; ms <= 22_000; ms += 200)
            {
                var round = ms < 5000 ? 1 : 2 + ((ms - 5000) / 2000);
                var left = ms < 5000 ? 100 - (ms / 50) : 40 - ((ms - 5000) % 2000 / 50);
                eta.Take(Report(ms, round, ms / 50, left, dirtyMiBps: 20));
            }

            return eta.Estimate();
        }
    }

    [Fact]
    public void Disks_still_to_be_copied_and_the_memory_after_them_count()
    {
        var eta = new EtaEstimator(new MigrationPolicy { Storage = MigrationStorage.CopyFull }, memoryMiB: 200, dirtyRateMiBps: 0);
        for (var ms = 0; ms <= 2000; ms += 250)
        {
            eta.Take(Report(ms, 1, ms / 10, 400 - (ms / 10)) with { TotalBytes = (long)(400 * MiB), DiskTotalBytes = (long)(400 * MiB), DiskTransferredBytes = (long)(ms / 10 * MiB) });
        }

        var interval = eta.Estimate()!.Value;
        Assert.InRange(4_000, interval.P10Ms, interval.P90Ms);
        Assert.InRange(interval.ExpectedMs, 3_900, 4_500);
    }

    [Fact]
    public void Post_copy_takes_what_is_left_at_the_throughput()
    {
        var eta = new EtaEstimator(new(), 1024);
        for (var ms = 0; ms <= 2000; ms += 250)
        {
            eta.Take(Report(ms, 2, ms / 10, 300 - (ms / 10)) with { PostCopy = true });
        }

        Assert.InRange(eta.Estimate()!.Value.ExpectedMs, 900, 1300);
    }

    static MigrationProgress Report(long ms, int round, double sentMiB, double leftMiB, double? dirtyMiBps = null) => new()
    {
        Round = round,
        TotalBytes = (long)((sentMiB + leftMiB) * MiB),
        TransferredBytes = (long)(sentMiB * MiB),
        RemainingBytes = (long)(leftMiB * MiB),
        DirtyBytesPerSecond = (long?)(dirtyMiBps * MiB),
        Percent = 0,
        ElapsedMs = ms,
    };

    /// <summary>A transfer by the pre-copy model whose bandwidth and dirty rate wander.</summary>
    static RecordedTransfer Simulate(Random random, int number)
    {
        var memoryMiB = 128L << random.Next(4);
        var bandwidth = memoryMiB / (4.0 + (8 * random.NextDouble()));
        var dirty = bandwidth * 0.7 * random.NextDouble();
        var guest = new PreCopyGuest(memoryMiB * 256, memoryMiB * 256, dirty * 256);
        var policy = new MigrationPolicy();
        var state = PreCopyModel.Begin(guest);
        var reports = new List<RecordedReport>();
        var (ms, speed, writes) = (0L, 1.0, 1.0);
        while (state.Stage != PreCopyStage.Done && ms < 300_000)
        {
            var left = (long)(state.LeftPages * PreCopyModel.PageBytes);
            reports.Add(new RecordedReport(ms, new MigrationProgress
            {
                Round = state.Round,
                TotalBytes = memoryMiB << 20,
                TransferredBytes = (long)(state.SentPages * PreCopyModel.PageBytes),
                RemainingBytes = left,
                DirtyBytesPerSecond = state.Round > 1 ? (long)(dirty * writes * MiB) : 0,
                BytesPerSecond = (long)(bandwidth * speed * MiB),
                Percent = 0,
                ElapsedMs = ms,
            }));
            speed = Wander(speed, 0.03);
            writes = Wander(writes, 0.03);
            var limits = new PreCopyLimits(bandwidth * speed * MiB, TransferPrediction.DefaultMaxDowntimeMs, policy.AutoConverge);
            state = PreCopyModel.Advance(state, guest with { DirtyPagesPerSecond = guest.DirtyPagesPerSecond * writes }, limits, 100);
            ms += 100;
        }

        var outcome = state.Stage == PreCopyStage.Done ? VmTransferOutcome.Completed : VmTransferOutcome.Aborted;
        return new RecordedTransfer(new RecordedVm($"simulated-{number}", "", memoryMiB, 0, (long)dirty, policy), reports, new RecordedEnd((long)state.ElapsedMs + 100, outcome, null, null));

        // Back to 1 in the long run.
        double Wander(double value, double step) => Math.Clamp(value + (step * ((2 * random.NextDouble()) - 1)) + (0.05 * (1 - value)), 0.5, 1.5);
    }
}
