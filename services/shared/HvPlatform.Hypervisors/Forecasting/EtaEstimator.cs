using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors.Forecasting;

/// <summary>Until the end of a transfer, ms: one transfer in ten is faster than <paramref name="P10Ms"/>, nine in ten are faster than <paramref name="P90Ms"/>.</summary>
/// <param name="P10Ms">The early end.</param>
/// <param name="ExpectedMs">What the model says.</param>
/// <param name="P90Ms">The late end.</param>
public readonly record struct EtaInterval(long P10Ms, long ExpectedMs, long P90Ms);

/// <summary>
/// The time a running transfer still takes, from the reports so far. The model is pre-copy's: what is left of this round at the speed it falls, then the rounds
/// to come at the bandwidth and dirty rate seen, under the policy's limits and ladder. Its uncertainty is measured, not assumed: how much the throughput
/// spread over the last seconds and the dirty rate over the last rounds, each times how strongly the predicted end depends on it, and a floor
/// for the switch-over. <see cref="EtaCalibration"/> turns that into an interval that holds the true end as often as it says. No interval
/// while there is too little to go by, or when the transfer is predicted not to end. One instance follows one transfer.
/// </summary>
public sealed class EtaEstimator
{
    const double MiB = 1024 * 1024;
    const double WindowMs = 2500;
    const double LeastWindowMs = 400;

    // The reports are polled: the throughput between two of them is no better than this.
    const double LeastBandwidthSpread = 0.02;
    const double LeastDirtySpread = 0.05;
    const double MeasuredDirtySpread = 0.4;
    const double GuessedDirtySpread = 1.0;
    const double ModelSpread = 0.03;

    // How many of the pages to come are zeros shows only when they come.
    const double FirstPassSpread = 0.2;

    // Within a factor of e^±this nothing useful is said.
    const double WidestSpread = 0.8;

    // From the last page to the answer: device state, the destination's start, the source's end, ms.
    const double TailMs = 120;
    const double TailSpreadMs = 80;
    const double Nudge = 0.05;

    readonly MigrationPolicy _policy;
    readonly EtaCalibration _calibration;
    readonly double? _measuredDirtyBps;
    readonly long? _memoryBytes;
    readonly Queue<MigrationProgress> _window = new();
    readonly RoundHistory _rounds = new();
    MigrationProgress? _last;
    MigrationProgress? _first;

    /// <summary>An estimator of one transfer.</summary>
    /// <param name="policy">Its limits and ladder.</param>
    /// <param name="memoryMiB">The guest's memory; null if not known.</param>
    /// <param name="dirtyRateMiBps">Measured before the start; null if it was not.</param>
    /// <param name="calibration">Null for the one measured on recorded transfers.</param>
    public EtaEstimator(MigrationPolicy policy, long? memoryMiB = null, double? dirtyRateMiBps = null, EtaCalibration? calibration = null)
    {
        (_policy, _calibration) = (policy, calibration ?? EtaCalibration.Recorded);
        (_memoryBytes, _measuredDirtyBps) = (memoryMiB << 20, dirtyRateMiBps * MiB);
    }

    /// <summary>Takes the next report.</summary>
    public void Take(MigrationProgress report)
    {
        // Reports of one transfer come in order; one that was attached to anew may count its time again.
        if (_last is { } last && report.ElapsedMs < last.ElapsedMs)
        {
            _window.Clear();
            _first = null;
        }

        _first ??= report;
        _last = report;
        _rounds.Take(report);
        _window.Enqueue(report);
        while (_window.Count > 2 && report.ElapsedMs - _window.Peek().ElapsedMs > WindowMs)
        {
            _window.Dequeue();
        }
    }

    /// <summary>How long the rest takes from the last report on; null if that cannot be told.</summary>
    public EtaInterval? Estimate()
    {
        if (_last is not { } report || Speed() is not { } speed)
        {
            return null;
        }

        var outlook = Outlook(report, speed);
        return Run(report, outlook) is { } ms && Spread(report, outlook, ms, speed) is var spread and < WidestSpread
            ? _calibration.Interval(ms + TailMs, spread, firstPass: report.Round <= 1)
            : null;
    }

    /// <summary>Throughput over the window: bytes per second over the link, how fast "left" falls within this round, and the relative spread.</summary>
    WindowSpeed? Speed()
    {
        var (from, to) = (_window.Peek(), _last!);
        var ms = to.ElapsedMs - from.ElapsedMs;
        var sent = to.TransferredBytes - from.TransferredBytes;
        if (ms < LeastWindowMs)
        {
            // A transfer that has only begun: its average since the start, if it has lasted long enough for one.
            (from, ms, sent) = (_first!, to.ElapsedMs - _first!.ElapsedMs, to.TransferredBytes - _first.TransferredBytes);
        }

        if (ms < LeastWindowMs || sent <= 0)
        {
            return null;
        }

        var bps = sent * 1000.0 / ms;
        var sameRound = _window.Where(p => p.Round == to.Round && p.TotalBytes == to.TotalBytes).ToList();
        var fallMs = sameRound.Count > 1 ? to.ElapsedMs - sameRound[0].ElapsedMs : 0;
        var fall = fallMs >= LeastWindowMs ? (sameRound[0].RemainingBytes - to.RemainingBytes) * 1000.0 / fallMs : bps;
        return new WindowSpeed(bps, Math.Max(fall, bps / 2), SpreadOfSpeed(bps));
    }

    double SpreadOfSpeed(double mean)
    {
        var pieces = new List<double>();
        MigrationProgress? from = null;
        foreach (var p in _window)
        {
            from ??= p;
            if (p.ElapsedMs - from.ElapsedMs >= LeastWindowMs)
            {
                pieces.Add((p.TransferredBytes - from.TransferredBytes) * 1000.0 / (p.ElapsedMs - from.ElapsedMs));
                from = p;
            }
        }

        var deviation = pieces.Count < 2 ? 0.1 * mean : Math.Sqrt(pieces.Sum(p => (p - mean) * (p - mean)) / (pieces.Count - 1) / pieces.Count);
        return Math.Max(deviation / mean, LeastBandwidthSpread);
    }

    TransferOutlook Outlook(MigrationProgress report, WindowSpeed speed)
    {
        var diskLeft = (double)Math.Max(0, (report.DiskTotalBytes ?? 0) - (report.DiskTransferredBytes ?? 0));
        // Memory is copied after the disks, and some hypervisors do not count it before.
        var memoryBegun = report.DiskTotalBytes is null || report.TransferredBytes > report.DiskTransferredBytes || diskLeft == 0;
        var memory = (double)(_memoryBytes ?? Math.Max(0, report.TotalBytes - (report.DiskTotalBytes ?? 0)));
        var left = memoryBegun && report.TotalBytes > (report.DiskTotalBytes ?? 0) ? Math.Max(0, report.RemainingBytes - diskLeft) : memory;
        if (report.Round <= 1 && memoryBegun)
        {
            // Beyond the guest's own memory there is the video card's and such: pages of zeros, sent last in no time.
            left = Math.Min(left, Math.Max(0, left - (report.TotalBytes - (report.DiskTotalBytes ?? 0) - memory)));
        }

        var (dirty, set, spread) = _rounds.Dirtying(report) is { } seen
            ? seen
            : _measuredDirtyBps is { } measured
                ? (measured, double.MaxValue, MeasuredDirtySpread)
                : (0.15 * speed.BytesPerSecond, double.MaxValue, GuessedDirtySpread);
        return new TransferOutlook(diskLeft, left, Math.Max(memory, left), speed.BytesPerSecond, speed.FallPerSecond, dirty, Math.Min(set, memory), spread);
    }

    double Spread(MigrationProgress report, TransferOutlook outlook, double expectedMs, WindowSpeed speed)
    {
        double Sensitivity(TransferOutlook other) => Run(report, other) is { } ms ? Math.Abs(Math.Log((ms + 1) / (expectedMs + 1))) / Nudge : WidestSpread / Nudge;
        var byBandwidth = Sensitivity(outlook with { BytesPerSecond = outlook.BytesPerSecond * (1 - Nudge), FallPerSecond = outlook.FallPerSecond * (1 - Nudge) });
        var byDirtying = outlook.DirtyBytesPerSecond > 0 ? Sensitivity(outlook with { DirtyBytesPerSecond = outlook.DirtyBytesPerSecond * (1 + Nudge), SetBytes = outlook.SetBytes * (1 + Nudge) }) : 0;
        return Length(byBandwidth * speed.Spread, byDirtying * outlook.DirtySpread, report.Round <= 1 ? FirstPassSpread : ModelSpread, TailSpreadMs / (expectedMs + TailMs));
    }

    double? Run(MigrationProgress report, TransferOutlook o)
    {
        if (report.PostCopy)
        {
            return o.LeftBytes / o.BytesPerSecond * 1000;
        }

        var diskMs = o.DiskLeftBytes / o.BytesPerSecond * 1000;
        var guest = new PreCopyGuest(
            Math.Max(1, (long)(o.MemoryBytes / PreCopyModel.PageBytes)), (long)(o.SetBytes / PreCopyModel.PageBytes), o.DirtyBytesPerSecond / PreCopyModel.PageBytes * 100 / (100 - Throttle(report)));
        // The model sends what is left at the bandwidth; where "left" falls faster (pages of zeros cost nothing) there is less of it.
        var left = o.LeftBytes / Math.Max(1, o.FallPerSecond / o.BytesPerSecond);
        var state = PreCopyModel.Begin(guest) with
        {
            Round = Math.Max(report.Round, 1),
            LeftPages = left / PreCopyModel.PageBytes,
            DirtiedPages = Math.Min(o.DirtyBytesPerSecond * _rounds.MsInRound(report) / 1000, o.SetBytes) / PreCopyModel.PageBytes,
            RoundSentPages = Math.Max(0, _rounds.RoundBytes - o.LeftBytes) / PreCopyModel.PageBytes,
            ThrottlePercent = Throttle(report),
        };
        var end = TransferPrediction.Run(state, guest, o.BytesPerSecond, _policy, report.ElapsedMs + diskMs);
        return end.Moves ? diskMs + end.AfterMs : null;
    }

    static int Throttle(MigrationProgress report) => Math.Clamp(report.ThrottlePercent ?? 0, 0, 99);

    static double Length(params ReadOnlySpan<double> parts)
    {
        var sum = 0.0;
        foreach (var p in parts)
        {
            sum += p * p;
        }

        return Math.Sqrt(sum);
    }

    readonly record struct WindowSpeed(double BytesPerSecond, double FallPerSecond, double Spread);

    readonly record struct TransferOutlook(
        double DiskLeftBytes, double LeftBytes, double MemoryBytes, double BytesPerSecond, double FallPerSecond, double DirtyBytesPerSecond, double SetBytes, double DirtySpread);
}
