using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Forecasting;

namespace HvPlatform.TestKit;

/// <summary>
/// How good an estimate of the remaining time is over recorded transfers: each report with an interval is a trial, the recording's true end its outcome. Every recording
/// weighs the same, however long it is.
/// </summary>
/// <param name="Recordings">How many had any interval.</param>
/// <param name="Covered">Share of the trials whose true end lay in the interval.</param>
/// <param name="RelativeWidth">Mean width of the interval, in true remaining times.</param>
/// <param name="MedianWidth">The same of the median recording.</param>
/// <param name="Spoken">Share of the reports that had an interval.</param>
/// <param name="Error">Mean of |expected - true| in true remaining times.</param>
/// <param name="NaiveError">The same of "bytes left by throughput".</param>
public sealed record EtaCoverage(int Recordings, double Covered, double RelativeWidth, double MedianWidth, double Spoken, double Error, double NaiveError)
{
    // Below this the true remaining time is one poll or two: a relative figure says nothing.
    const double LeastTrueMs = 200;

    /// <summary>Two halves of the same kinds: every other one, in the order of their names.</summary>
    public static (IReadOnlyList<RecordedTransfer> One, IReadOnlyList<RecordedTransfer> Other) Halves(IReadOnlyList<RecordedTransfer> recordings) =>
        ([.. recordings.Where((_, i) => i % 2 == 0)], [.. recordings.Where((_, i) => i % 2 == 1)]);

    /// <summary>Measures an estimator over the recordings that completed.</summary>
    public static EtaCoverage Of(IReadOnlyList<RecordedTransfer> recordings, EtaCalibration? calibration = null)
    {
        var each = recordings.Where(r => r.End.Outcome == VmTransferOutcome.Completed).Select(r => Trials(r, calibration)).Where(t => t.Count > 0).ToList();
        double Mean(Func<Trial, double> figure) => each.Average(t => t.Average(figure));
        return new EtaCoverage(
            each.Count,
            Mean(t => t.Interval.P10Ms <= t.TrueMs && t.TrueMs <= t.Interval.P90Ms ? 1 : 0),
            Mean(t => (t.Interval.P90Ms - t.Interval.P10Ms) / t.TrueMs),
            each.Select(t => t.Average(x => (x.Interval.P90Ms - x.Interval.P10Ms) / x.TrueMs)).Order().ElementAt(each.Count / 2),
            recordings.Average(r => (double)Trials(r, calibration).Count / r.Reports.Count(p => r.End.AtMs - p.AtMs >= LeastTrueMs)),
            Mean(t => Math.Abs(t.Interval.ExpectedMs - t.TrueMs) / t.TrueMs),
            Mean(t => Math.Abs(t.NaiveMs - t.TrueMs) / t.TrueMs));
    }

    /// <summary>The calibration that leaves a tenth of the trials below and a tenth above, in the first pass and later.</summary>
    public static EtaCalibration Fit(IReadOnlyList<RecordedTransfer> recordings) => FitOf(recordings.Select(Residuals));

    /// <summary>The coverage to be expected of a new transfer: each recording is judged by a calibration fitted on all others.</summary>
    public static double LeaveOneOut(IReadOnlyList<RecordedTransfer> recordings)
    {
        var residuals = recordings.Select(Residuals).ToList();
        return recordings
            .Select((r, i) => (Recording: r, Index: i))
            .Where(x => residuals[x.Index].Count > 0)
            .Average(x => Of([x.Recording], FitOf(residuals.Where((_, other) => other != x.Index))).Covered);
    }

    static EtaCalibration FitOf(IEnumerable<List<Residual>> recordings)
    {
        var all = recordings.SelectMany(r => r).OrderBy(r => r.Spreads).ToList();
        var (first, later) = (all.Where(r => r.FirstPass).ToList(), all.Where(r => !r.FirstPass).ToList());
        return new EtaCalibration(-Quantile(first, 0.1), Quantile(first, 0.9), -Quantile(later, 0.1), Quantile(later, 0.9));
    }

    /// <summary>How many spreads the true end of each trial was off.</summary>
    static List<Residual> Residuals(RecordedTransfer recording)
    {
        if (recording.End.Outcome != VmTransferOutcome.Completed)
        {
            return [];
        }

        // Unit intervals tell the spread: their end is expected·e^spread.
        var trials = Trials(recording, new EtaCalibration(1, 1, 1, 1));
        return [.. trials.Select(t => new Residual(Math.Log(t.TrueMs / t.Interval.ExpectedMs) / Math.Log((double)t.Interval.P90Ms / t.Interval.ExpectedMs), 1.0 / trials.Count, t.FirstPass))];
    }

    static double Quantile(List<Residual> sorted, double share)
    {
        var reached = 0.0;
        var all = sorted.Sum(r => r.Weight);
        return sorted.First(r => (reached += r.Weight) >= share * all).Spreads;
    }

    static List<Trial> Trials(RecordedTransfer recording, EtaCalibration? calibration)
    {
        var vm = recording.Vm;
        var estimator = new EtaEstimator(vm.Policy, vm.MemoryMiB, vm.DirtyRateMiBps, calibration);
        var trials = new List<Trial>();
        foreach (var r in recording.Reports)
        {
            var trueMs = (double)(recording.End.AtMs - r.AtMs);
            var p = r.Progress;
            estimator.Take(p);
            if (estimator.Estimate() is { } eta && trueMs >= LeastTrueMs)
            {
                var speed = p.BytesPerSecond is > 0 ? p.BytesPerSecond.Value : p.TransferredBytes * 1000.0 / Math.Max(1, p.ElapsedMs);
                trials.Add(new Trial(eta, trueMs, p.RemainingBytes * 1000.0 / Math.Max(1, speed), p.Round <= 1));
            }
        }

        return trials;
    }

    readonly record struct Residual(double Spreads, double Weight, bool FirstPass);

    sealed record Trial(EtaInterval Interval, double TrueMs, double NaiveMs, bool FirstPass);
}
