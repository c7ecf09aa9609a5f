using HvPlatform.Hypervisors.Forecasting;
using HvPlatform.TestKit;

namespace HvPlatform.Benchmarks;

/// <summary>The remaining time of recorded transfers of real VMs: how often the interval holds the true end, how wide it is, and how far off a naive estimate is.</summary>
public static class EtaBench
{
    /// <summary>Runs it.</summary>
    public static Task RunAsync(BenchReport report)
    {
        var recordings = RecordedTransfer.ReadAll(Path.Combine(Repository.Root, "tests/UnitTests/Forecasting/Recordings"));
        Console.WriteLine($"eta: fitted now {EtaCoverage.Fit(recordings)}; in use {EtaCalibration.Recorded}");
        var (one, other) = EtaCoverage.Halves(recordings);
        Print("fitted on one half, judged on the other", EtaCoverage.Of(other, EtaCoverage.Fit(one)));
        Print("the other way round", EtaCoverage.Of(one, EtaCoverage.Fit(other)));
        report.Line("eta, each judged by a fit on all others: interval holds the true end", 100 * EtaCoverage.LeaveOneOut(recordings), "%", aim: "80 %");
        var f = ForecastCoverage.Of(recordings);
        report.Line("forecast before the start: interval holds the duration", 100 * f.Covered, "%", $"{f.Intervals} of {f.Recordings} recordings had one, {f.Ended} forecast to end; all did", aim: "80 %");
        report.Line("forecast before the start: width / true duration, mean", f.RelativeWidth, "");
        return Task.CompletedTask;

        void Print(string name, EtaCoverage c)
        {
            report.Line($"eta, {name}: interval holds the true end", 100 * c.Covered, "%", $"{c.Recordings} recordings, interval in {100 * c.Spoken:0} % of reports", aim: "80 %");
            report.Line($"eta, {name}: width / true remaining, mean", c.RelativeWidth, "", $"median recording: {c.MedianWidth:0.00}");
            report.Line($"eta, {name}: mean error / true remaining", c.Error, "", "left by throughput", c.NaiveError);
        }
    }
}
