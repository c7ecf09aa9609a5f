using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.MigrationSaga.Record;

/// <summary>
/// Decides a recorded migration again. Decisions of the same <see cref="MigrationDecisions.Version"/> must come out exactly as recorded; those of an
/// older version are decided by today's rules, and every difference is listed. Pure: no clock, no bus, no database.
/// </summary>
public static class MigrationReplay
{
    static readonly Dictionary<string, Type> Inputs = MigrationDecisions.Inputs.ToDictionary(t => t.Name);

    /// <summary>Decides every input again, in order.</summary>
    public static ReplayResult Run(MigrationRecording recording)
    {
        var steps = new List<ReplayStep>();
        Migration? state = null;
        for (var i = 0; i < recording.Inputs.Count; i++)
        {
            var input = recording.Inputs[i];
            var recorded = i < recording.Decisions.Count ? recording.Decisions[i] : null;
            var message = Message(input);
            if (message is null || (state is null && !MigrationDecisions.CanBeFirst(message.GetType())))
            {
                // Recorded by a newer build, or taken over in the middle from a build that did not record.
                steps.Add(new ReplayStep(input, recorded, null, recorded?.Phase ?? MigrationPhase.Unknown, null, message is null ? "not an input of this build" : "the recording does not begin at the beginning"));
                continue;
            }

            var decision = MigrationDecisions.Decide(state, message, input.At, recording.Timings);
            state = decision.State;
            var again = DecisionText.Record(decision);
            var difference = recorded is null ? "no decision was recorded" : Difference(recorded, again);
            steps.Add(new ReplayStep(input, recorded, again, state.Phase, decision.Ignored?.Why, difference) { SameVersion = (recorded?.DecisionVersion ?? recording.DecisionVersion) == MigrationDecisions.Version });
        }

        return new ReplayResult(steps);
    }

    static object? Message(RecordedInput input) => Inputs.TryGetValue(input.Type, out var type) ? input.Body.Deserialize(type, HvJson.Options) : null;

    static string? Difference(RecordedDecision recorded, RecordedDecision again)
    {
        if (recorded.Digest == again.Digest && recorded.Phase == again.Phase && (recorded.Effects?.SequenceEqual(again.Effects!) ?? true))
        {
            return null;
        }

        var lines = new List<string>();
        if (recorded.Phase != again.Phase)
        {
            lines.Add($"phase {recorded.Phase} is now {again.Phase}");
        }

        if (recorded.Effects is { } effects)
        {
            lines.AddRange(effects.Except(again.Effects!).Select(e => $"- {e}"));
            lines.AddRange(again.Effects!.Except(effects).Select(e => $"+ {e}"));
        }

        return lines.Count > 0 ? string.Join("\n", lines) : $"digest {recorded.Digest} is now {again.Digest}";
    }
}

/// <summary>One input decided again.</summary>
/// <param name="Input">What came.</param>
/// <param name="Recorded">What was decided then.</param>
/// <param name="Again">What is decided now; null if it could not be.</param>
/// <param name="Phase">After it.</param>
/// <param name="Ignored">Why it changed nothing, if it did not.</param>
/// <param name="Difference">Null if both decisions are the same.</param>
public sealed record ReplayStep(RecordedInput Input, RecordedDecision? Recorded, RecordedDecision? Again, MigrationPhase Phase, string? Ignored, string? Difference)
{
    /// <summary>Whether the same rules decided then.</summary>
    public bool SameVersion { get; init; }
}

/// <summary>A migration decided again.</summary>
public sealed record ReplayResult(IReadOnlyList<ReplayStep> Steps)
{
    /// <summary>True if every decision came out as recorded.</summary>
    public bool Matches => Steps.All(s => s.Difference is null);

    /// <summary>True if a decision of the same rules came out differently: a defect.</summary>
    public bool Broken => Steps.Any(s => s is { Difference: not null, SameVersion: true });

    /// <summary>The phase that the recording ended in.</summary>
    public MigrationPhase RecordedOutcome => Steps.LastOrDefault()?.Recorded?.Phase ?? MigrationPhase.Unknown;

    /// <summary>The phase that today's rules end in, told the same.</summary>
    public MigrationPhase Outcome => Steps.LastOrDefault()?.Phase ?? MigrationPhase.Unknown;
}
