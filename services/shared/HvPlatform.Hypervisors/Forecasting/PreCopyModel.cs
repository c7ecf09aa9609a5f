namespace HvPlatform.Hypervisors.Forecasting;

/// <summary>What the guest does to its memory while it is copied.</summary>
/// <param name="MemoryPages">All pages of the guest that have to be sent, at least 1.</param>
/// <param name="WorkingSetPages">The pages the guest writes, round and round; a page written twice in one pass is sent once.</param>
/// <param name="DirtyPagesPerSecond">How many pages it writes per second.</param>
public readonly record struct PreCopyGuest(long MemoryPages, long WorkingSetPages, double DirtyPagesPerSecond);

/// <summary>What the copy may use. May change while it runs.</summary>
/// <param name="BytesPerSecond">Bandwidth, above 0.</param>
/// <param name="MaxDowntimeMs">Longest pause of the guest at the switch-over.</param>
/// <param name="AutoConverge">Whether the guest's CPUs are slowed when it dirties memory faster than it is copied.</param>
public readonly record struct PreCopyLimits(double BytesPerSecond, double MaxDowntimeMs, bool AutoConverge);

/// <summary>Where a copy stands.</summary>
public enum PreCopyStage
{
    /// <summary>The guest runs while its memory is copied in rounds.</summary>
    Copying = 0,

    /// <summary>The guest is paused, the rest is copied.</summary>
    SwitchingOver = 1,

    /// <summary>The guest can run on the destination.</summary>
    Done = 2,
}

/// <summary>A moment of a copy. Pages are fractions on purpose: time is continuous.</summary>
public readonly record struct PreCopyState
{
    /// <summary>The stage.</summary>
    public required PreCopyStage Stage { get; init; }

    /// <summary>Pass over memory, from 1.</summary>
    public required int Round { get; init; }

    /// <summary>Pages of this round not yet sent.</summary>
    public required double LeftPages { get; init; }

    /// <summary>Pages dirtied since this round began: the next round.</summary>
    public double DirtiedPages { get; init; }

    /// <summary>Pages sent in all rounds.</summary>
    public double SentPages { get; init; }

    /// <summary>Pages sent in this round.</summary>
    public double RoundSentPages { get; init; }

    /// <summary>Since the copy began, ms.</summary>
    public double ElapsedMs { get; init; }

    /// <summary>How long the guest has been paused, ms.</summary>
    public double DowntimeMs { get; init; }

    /// <summary>What is left of the fixed cost of the switch-over, ms.</summary>
    public double SwitchLeftMs { get; init; }

    /// <summary>How much the guest's CPUs are slowed, 0 to 99.</summary>
    public int ThrottlePercent { get; init; }

    /// <summary>Rounds in which the guest dirtied too much since the last throttle step.</summary>
    public int HotRounds { get; init; }

    /// <summary>Pages known to be left, this round's and the next one's.</summary>
    public double RemainingPages(PreCopyGuest guest) => Math.Min(LeftPages + DirtiedPages, guest.MemoryPages);
}

/// <summary>
/// Pre-copy live migration as arithmetic. Round 1 sends all pages; every further round sends what was dirtied during the one before.
/// A round of n pages takes n·4096/bandwidth, and in t seconds the guest dirties min(rate·t, working set) pages. When a round is over and
/// what it left fits into the longest downtime, the guest is paused and the rest is sent. So with q = rate·4096/bandwidth below 1 and a
/// large working set, round k sends N·q^(k-1) pages: a geometric series. With q ≥ 1 it never ends until the working set itself fits into the downtime.
/// Auto-converge follows QEMU's migration/ram.c: two rounds that dirtied more than half of what was sent slow the guest by 20 %, then by
/// 10 % more each, up to 99 %. The unit is QEMU's 4 KiB page; the fixed cost of a switch-over is what an idle guest shows.
/// Pure functions: state and limits in, state out.
/// </summary>
public static class PreCopyModel
{
    /// <summary>Bytes of a page.</summary>
    public const int PageBytes = 4096;

    /// <summary>Device state and handing over cost this much even if no page is left, ms.</summary>
    public const double SwitchOverMs = 5;

    const int FirstThrottlePercent = 20;
    const int ThrottleStepPercent = 10;
    const int MaxThrottlePercent = 99;

    /// <summary>A copy that is about to begin.</summary>
    public static PreCopyState Begin(PreCopyGuest guest) => new() { Stage = PreCopyStage.Copying, Round = 1, LeftPages = guest.MemoryPages };

    /// <summary>Until this round, or the switch-over, ends if the limits stay as they are, ms. 0 when done.</summary>
    public static double MsToNextEvent(PreCopyState state, PreCopyLimits limits) => state.Stage switch
    {
        PreCopyStage.Copying => CopyMs(state.LeftPages, limits),
        PreCopyStage.SwitchingOver => CopyMs(state.LeftPages, limits) + state.SwitchLeftMs,
        _ => 0,
    };

    /// <summary>Lets time pass. Time after the end of the copy is not counted.</summary>
    public static PreCopyState Advance(PreCopyState state, PreCopyGuest guest, PreCopyLimits limits, double ms)
    {
        while (ms > 0 && state.Stage != PreCopyStage.Done)
        {
            var toEvent = MsToNextEvent(state, limits);
            var step = Math.Min(ms, toEvent);
            state = state.Stage == PreCopyStage.Copying ? Copy(state, guest, limits, step) : SwitchOver(state, limits, step);
            if (step >= toEvent)
            {
                state = state.Stage == PreCopyStage.Copying ? EndRound(state, limits) : state with { Stage = PreCopyStage.Done, LeftPages = 0, SwitchLeftMs = 0 };
            }

            ms -= step;
        }

        return state;
    }

    /// <summary>The end of a copy under constant limits, or null if it does not end within <paramref name="maxRounds"/> rounds.</summary>
    public static PreCopyState? Predict(PreCopyGuest guest, PreCopyLimits limits, int maxRounds = 1000)
    {
        var state = Begin(guest);
        while (state.Stage != PreCopyStage.Done)
        {
            if (state.Round > maxRounds)
            {
                return null;
            }

            state = Advance(state, guest, limits, MsToNextEvent(state, limits));
        }

        return state;
    }

    static double CopyMs(double pages, PreCopyLimits limits) => pages * PageBytes / limits.BytesPerSecond * 1000;

    static PreCopyState Copy(PreCopyState s, PreCopyGuest guest, PreCopyLimits limits, double ms)
    {
        var sent = Math.Min(s.LeftPages, limits.BytesPerSecond / PageBytes * ms / 1000);
        var rate = guest.DirtyPagesPerSecond * (100 - s.ThrottlePercent) / 100;
        return s with
        {
            LeftPages = s.LeftPages - sent,
            SentPages = s.SentPages + sent,
            RoundSentPages = s.RoundSentPages + sent,
            DirtiedPages = Math.Min(s.DirtiedPages + (rate * ms / 1000), Math.Min(guest.WorkingSetPages, guest.MemoryPages)),
            ElapsedMs = s.ElapsedMs + ms,
        };
    }

    static PreCopyState SwitchOver(PreCopyState s, PreCopyLimits limits, double ms)
    {
        var copyMs = Math.Min(ms, CopyMs(s.LeftPages, limits));
        var sent = Math.Min(s.LeftPages, limits.BytesPerSecond / PageBytes * copyMs / 1000);
        return s with
        {
            LeftPages = s.LeftPages - sent,
            SentPages = s.SentPages + sent,
            SwitchLeftMs = Math.Max(0, s.SwitchLeftMs - (ms - copyMs)),
            ElapsedMs = s.ElapsedMs + ms,
            DowntimeMs = s.DowntimeMs + ms,
        };
    }

    static PreCopyState EndRound(PreCopyState s, PreCopyLimits limits)
    {
        var left = s.DirtiedPages;
        var next = s with { Round = s.Round + 1, LeftPages = left, DirtiedPages = 0, RoundSentPages = 0 };
        if (left == 0 || CopyMs(left, limits) + SwitchOverMs <= limits.MaxDowntimeMs)
        {
            return next with { Stage = PreCopyStage.SwitchingOver, SwitchLeftMs = SwitchOverMs };
        }

        if (!limits.AutoConverge || left <= s.RoundSentPages / 2)
        {
            return next;
        }

        return s.HotRounds == 0
            ? next with { HotRounds = 1 }
            : next with { HotRounds = 0, ThrottlePercent = s.ThrottlePercent == 0 ? FirstThrottlePercent : Math.Min(s.ThrottlePercent + ThrottleStepPercent, MaxThrottlePercent) };
    }
}
