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
        var (fitted, judged) = EtaCoverage.Halves(recordings);
        var fit = EtaCoverage.Fit(fitted);
        Console.WriteLine($"eta: fitted now {fit}; in use {EtaCalibration.Recorded}");
        Print("half it was fitted on", fitted);
        Print("half it is judged on", judged);
        if (Environment.GetEnvironmentVariable("HV_EACH") is not null)
        {
            foreach (var r in recordings)
            {
                Print(r.Vm.Name, [r]);
            }
        }

        return Task.CompletedTask;

        void Print(string name, IReadOnlyList<RecordedTransfer> half)
        {
            try
            {
                var c = EtaCoverage.Of(half, Environment.GetEnvironmentVariable("HV_FIT") is null ? null : fit);
                report.Line($"eta, {name}: interval holds the true end", 100 * c.Covered, "%", $"{c.Recordings} recordings, interval in {100 * c.Spoken:0} % of reports", aim: "80 %");
                report.Line($"eta, {name}: width / true remaining", c.RelativeWidth, "");
                report.Line($"eta, {name}: mean error / true remaining", c.Error, "", "left by throughput", c.NaiveError);
            }
            catch (InvalidOperationException)
            {
                Console.WriteLine($"{name}: never an interval");
            }
        }
    }
}
