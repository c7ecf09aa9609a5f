using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors.Forecasting;

/// <summary>
/// Before the start: will the transfer end, and when? The measured dirty rate and the bandwidth go through the pre-copy model under the policy.
/// The interval comes from running it again with both figures off by what they were seen to be off in recorded transfers. Pure.
/// </summary>
public static class TransferForecast
{
    const double MiB = 1024 * 1024;

    // Hypervisors sample a small part of memory for a second: recorded guests wrote half of what was measured, or that much more, and a slow writer shows as idle.
    const double BestDirty = 0.5;
    const double WorstDirty = 1.4;
    const double WorstUnseenMiBps = 4;

    // A guest that is paced by a clock catches up while it is slowed a little: recorded ones took up to so many times the model's time.
    const double WorstAutoConverge = 1.7;

    // Beyond so many times the expected duration the interval says that it may as well not end.
    const double LittleToSpare = 3;
    const double BestBandwidth = 1.02;
    const double WorstBandwidth = 0.97;

    // From the call to the first page, and from the last page to the answer, ms.
    const double BestOverheadMs = 150;
    const double WorstOverheadMs = 900;

    /// <summary>The forecast for a VM under a policy.</summary>
    public static MigrationForecast Of(MigrationSourceFacts facts, MigrationPolicy policy)
    {
        var disks = policy.Storage is MigrationStorage.CopyFull or MigrationStorage.CopyIncremental ? CopyBytes(facts) : 0;
        var running = facts.Vm.State is VmState.Running;
        var bandwidth = Bandwidth(facts.BandwidthMiBps, policy.BandwidthMiBps);
        var dirty = running ? facts.DirtyRateMiBps : 0;
        if (facts.Vm.State is VmState.Off)
        {
            return Cold(facts, disks, bandwidth);
        }

        if (bandwidth is null || dirty is null)
        {
            return Unknown(facts, policy, dirty, bandwidth, disks);
        }

        var expected = Run(facts, policy, disks, dirty.Value, bandwidth.Value);
        var best = Run(facts, policy, disks, dirty.Value * BestDirty, bandwidth.Value * BestBandwidth);
        var worst = Run(facts, policy, disks, running ? (dirty.Value * WorstDirty) + WorstUnseenMiBps : 0, bandwidth.Value * WorstBandwidth);
        worst = policy.AutoConverge ? worst with { AfterMs = worst.AfterMs * WorstAutoConverge } : worst;
        var moves = expected.Moves;
        return new MigrationForecast
        {
            Converges = moves,
            TotalP10Ms = moves ? Whole(Math.Min(best.Moves ? best.AfterMs : expected.AfterMs, expected.AfterMs) + BestOverheadMs) : null,
            TotalP90Ms = moves && worst.Moves ? Whole(Math.Max(worst.AfterMs, expected.AfterMs) + WorstOverheadMs) : null,
            DowntimeMs = moves ? Whole(expected.DowntimeMs) : null,
            DirtyRateMiBps = dirty,
            BandwidthMiBps = bandwidth,
            Verdict = Verdict(facts, policy, dirty.Value, bandwidth.Value, expected, worst),
        };
    }

    static PredictedEnd Run(MigrationSourceFacts facts, MigrationPolicy policy, long diskBytes, double dirtyMiBps, double bandwidthMiBps)
    {
        // Disks go first; the ladder's clock and the time limit run meanwhile.
        var diskMs = diskBytes / (bandwidthMiBps * MiB) * 1000;
        var guest = Guest(facts.Vm.MemoryMiB, dirtyMiBps);
        var memory = TransferPrediction.Run(PreCopyModel.Begin(guest), guest, bandwidthMiBps * MiB, policy, diskMs);
        return memory with { AfterMs = diskMs + memory.AfterMs };
    }

    static PreCopyGuest Guest(long memoryMiB, double dirtyMiBps)
    {
        const int PagesPerMiB = 1024 * 1024 / PreCopyModel.PageBytes;
        var pages = Math.Max(1, memoryMiB * PagesPerMiB);
        return new PreCopyGuest(pages, pages, dirtyMiBps * PagesPerMiB);
    }

    static MigrationForecast Cold(MigrationSourceFacts facts, long diskBytes, double? bandwidth)
    {
        var known = diskBytes == 0 || bandwidth is not null;
        var ms = diskBytes == 0 ? 0 : diskBytes / ((bandwidth ?? 1) * MiB) * 1000;
        return new MigrationForecast
        {
            Converges = true,
            TotalP10Ms = known ? Whole(ms / BestBandwidth) : null,
            TotalP90Ms = known ? Whole((ms / WorstBandwidth) + WorstOverheadMs) : null,
            BandwidthMiBps = bandwidth,
            Verdict = diskBytes == 0
                ? $"{facts.Vm.Name} is off and has no disk to copy: only its definition moves."
                : known
                    ? $"{facts.Vm.Name} is off: copying {Size(diskBytes)} of disk at {Rate(bandwidth!.Value)} takes about {Seconds(ms)}."
                    : $"{facts.Vm.Name} is off and its copy ends; how long {Size(diskBytes)} of disk take is not known, because no transfer from {facts.SourceHostName} has shown the bandwidth yet.",
        };
    }

    static MigrationForecast Unknown(MigrationSourceFacts facts, MigrationPolicy policy, double? dirty, double? bandwidth, long diskBytes)
    {
        var missing = (dirty, bandwidth) switch
        {
            (null, null) => $"the dirty rate was not measured, and no transfer from {facts.SourceHostName} has shown the bandwidth yet; set a bandwidth cap to reckon with",
            (null, _) => "the dirty rate was not measured",
            _ => $"no transfer from {facts.SourceHostName} has shown the bandwidth yet; set a bandwidth cap to reckon with",
        };
        var last = LastRung(policy);
        var ends = last is { Action: ConvergenceAction.PostCopy or ConvergenceAction.Suspend } && last.AfterSeconds < policy.TimeoutSeconds;
        var idle = bandwidth is { } b && ends ? Run(facts, policy, diskBytes, 0, b * BestBandwidth) : (PredictedEnd?)null;
        var worst = bandwidth is { } w && ends ? Run(facts, policy, diskBytes, 1e9, w * WorstBandwidth) : (PredictedEnd?)null;
        return new MigrationForecast
        {
            Converges = ends ? true : null,
            TotalP10Ms = idle is { Moves: true } early ? Whole(early.AfterMs) : null,
            TotalP90Ms = worst is { Moves: true } late ? Whole(late.AfterMs + WorstOverheadMs) : null,
            DirtyRateMiBps = dirty,
            BandwidthMiBps = bandwidth,
            Verdict = ends
                ? $"Ends at the latest with the ladder's {last!.Action} after {last.AfterSeconds} s; whether sooner is not known: {missing}."
                : $"Not known whether it ends: {missing}.",
        };
    }

    static string Verdict(MigrationSourceFacts facts, MigrationPolicy policy, double dirty, double bandwidth, PredictedEnd expected, PredictedEnd worst)
    {
        var rates = dirty == 0
            ? $"the guest is {(facts.Vm.State is VmState.Running ? "idle" : facts.Vm.State.ToString().ToLowerInvariant())} and {Rate(bandwidth)} are copied"
            : $"the guest dirties {Rate(dirty)} and {Rate(bandwidth)} are copied";
        return expected.Ending switch
        {
            PredictedEnding.Converged when worst.Moves && worst.AfterMs < LittleToSpare * expected.AfterMs => $"Ends in about {Seconds(expected.AfterMs)} with a pause of {expected.DowntimeMs:0} ms: {rates}.",
            PredictedEnding.Converged => $"Ends in about {Seconds(expected.AfterMs)} with a pause of {expected.DowntimeMs:0} ms, but with little to spare: {rates}. {Advice(policy, dirty)}",
            PredictedEnding.PostCopy => $"Does not end by itself, as {rates}; the ladder's PostCopy ends it after about {Seconds(expected.AfterMs)}.",
            PredictedEnding.Suspended => $"Does not end by itself, as {rates}; the ladder's Suspend ends it after about {Seconds(expected.AfterMs)} with a pause of {Seconds(expected.DowntimeMs)}.",
            PredictedEnding.GivenUp => $"Does not end before the ladder's Abort after {LastRung(policy)!.AfterSeconds} s, as {rates}. {Advice(policy, dirty)}",
            _ => $"Does not end within {policy.TimeoutSeconds} s, as {rates}. {Advice(policy, dirty)}",
        };
    }

    static string Advice(MigrationPolicy policy, double dirty)
    {
        var bandwidth = policy.BandwidthMiBps is { } cap && cap < 2 * dirty ? $"raise the bandwidth cap above {Math.Ceiling(2 * dirty):0} MiB/s" : $"give it more than {Math.Ceiling(2 * dirty):0} MiB/s";
        var slow = policy.AutoConverge ? "" : ", allow auto-converge";
        return $"To change that, {bandwidth}{slow}, a longer pause, or end the ladder with PostCopy or Suspend.";
    }

    static ConvergenceStep? LastRung(MigrationPolicy policy) =>
        policy.Ladder.LastOrDefault(s => s.Action is ConvergenceAction.PostCopy or ConvergenceAction.Suspend or ConvergenceAction.Abort);

    static double? Bandwidth(double? seen, int? cap) => (seen, cap) switch
    {
        ({ } s, { } c) => Math.Max(Math.Min(s, c), 1e-3),
        _ => seen is > 0 ? seen : cap,
    };

    static long CopyBytes(MigrationSourceFacts facts) =>
        facts.Vm.Disks.Where(d => facts.CopyDisks.Contains(d.Target)).Sum(d => d.AllocatedBytes ?? d.CapacityBytes ?? 0);

    static long Whole(double ms) => (long)Math.Ceiling(ms);

    static string Rate(double mibps) => string.Create(CultureInfo.InvariantCulture, $"{mibps:0.#} MiB/s");

    static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / MiB:0.#} MiB");

    static string Seconds(double ms) => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.#} s");
}
