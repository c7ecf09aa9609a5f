using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors.Forecasting;

/// <summary>How a transfer is predicted to end.</summary>
public enum PredictedEnding
{
    /// <summary>The rest of memory fits into the longest pause.</summary>
    Converged = 0,

    /// <summary>A rung of the ladder moves the guest first and its memory afterwards.</summary>
    PostCopy = 1,

    /// <summary>A rung of the ladder pauses the guest until it has moved.</summary>
    Suspended = 2,

    /// <summary>A rung of the ladder gives it up.</summary>
    GivenUp = 3,

    /// <summary>It has not ended when the policy's time is over.</summary>
    TimedOut = 4,
}

/// <summary>The end of a transfer.</summary>
/// <param name="Ending">How.</param>
/// <param name="AfterMs">From the moment asked about, ms.</param>
/// <param name="DowntimeMs">The pause of the guest, ms.</param>
public readonly record struct PredictedEnd(PredictedEnding Ending, double AfterMs, double DowntimeMs)
{
    /// <summary>Whether the VM moves.</summary>
    public bool Moves => Ending is PredictedEnding.Converged or PredictedEnding.PostCopy or PredictedEnding.Suspended;
}

/// <summary>Lets <see cref="PreCopyModel"/> run to its end under a policy: its downtime limit, its ladder and its time limit.</summary>
public static class TransferPrediction
{
    /// <summary>libvirt's longest pause if the policy names none, ms.</summary>
    public const double DefaultMaxDowntimeMs = 300;

    // A copy that needs more rounds than this is not told apart from one that does not end.
    const int MostSteps = 2000;

    /// <summary>Goes on from a moment of a transfer.</summary>
    /// <param name="state">Where the copy of memory stands.</param>
    /// <param name="guest">What the guest does.</param>
    /// <param name="bytesPerSecond">Bandwidth, above 0.</param>
    /// <param name="policy">Limits and ladder.</param>
    /// <param name="elapsedMs">Since the transfer began, of which the copy of memory is only a part.</param>
    public static PredictedEnd Run(PreCopyState state, PreCopyGuest guest, double bytesPerSecond, MigrationPolicy policy, double elapsedMs)
    {
        var limits = new PreCopyLimits(bytesPerSecond, policy.MaxDowntimeMs ?? DefaultMaxDowntimeMs, policy.AutoConverge);
        var began = elapsedMs;
        var endMs = policy.TimeoutSeconds * 1000.0;
        var rung = 0;
        var steps = 0;
        while (state.Stage != PreCopyStage.Done)
        {
            for (; rung < policy.Ladder.Count && policy.Ladder[rung].AfterSeconds * 1000.0 <= elapsedMs; rung++)
            {
                var step = policy.Ladder[rung];
                if (Climb(step, state, guest, limits, elapsedMs - began) is { } ended)
                {
                    return ended;
                }

                if (step is { Action: ConvergenceAction.RaiseDowntime, MaxDowntimeMs: { } longer })
                {
                    (limits, steps) = (limits with { MaxDowntimeMs = longer }, 0);
                }
            }

            if (state.Stage == PreCopyStage.Copying && elapsedMs >= endMs)
            {
                return new PredictedEnd(PredictedEnding.TimedOut, elapsedMs - began, 0);
            }

            var toEvent = PreCopyModel.MsToNextEvent(state, limits);
            var toRung = (rung < policy.Ladder.Count ? Math.Min(policy.Ladder[rung].AfterSeconds * 1000.0, endMs) : endMs) - elapsedMs;
            if (state.Stage == PreCopyStage.Copying && steps > MostSteps)
            {
                elapsedMs += toRung;
                continue;
            }

            var before = state;
            var ms = state.Stage == PreCopyStage.Copying ? Math.Min(toEvent, toRung) : toEvent;
            state = PreCopyModel.Advance(state, guest, limits, ms);
            elapsedMs += ms;
            steps = NeverEnds(before, state, limits) ? MostSteps + 1 : steps + 1;
        }

        return new PredictedEnd(PredictedEnding.Converged, elapsedMs - began, state.DowntimeMs);
    }

    static PredictedEnd? Climb(ConvergenceStep step, PreCopyState state, PreCopyGuest guest, PreCopyLimits limits, double afterMs)
    {
        if (state.Stage != PreCopyStage.Copying)
        {
            return null;
        }

        var restMs = (state.RemainingPages(guest) * PreCopyModel.PageBytes / limits.BytesPerSecond * 1000) + PreCopyModel.SwitchOverMs;
        return step.Action switch
        {
            ConvergenceAction.PostCopy => new PredictedEnd(PredictedEnding.PostCopy, afterMs + restMs, PreCopyModel.SwitchOverMs),
            ConvergenceAction.Suspend => new PredictedEnd(PredictedEnding.Suspended, afterMs + restMs, restMs),
            ConvergenceAction.Abort => new PredictedEnd(PredictedEnding.GivenUp, afterMs, 0),
            _ => null,
        };
    }

    /// <summary>A round that left no less than the one before will be followed by equal ones, unless the guest can be slowed further.</summary>
    static bool NeverEnds(PreCopyState before, PreCopyState after, PreCopyLimits limits) =>
        after.Stage == PreCopyStage.Copying && after.Round > before.Round && before.Round > 1 && after.LeftPages >= before.RoundSentPages + before.LeftPages
        && (!limits.AutoConverge || after.ThrottlePercent >= 99);
}
