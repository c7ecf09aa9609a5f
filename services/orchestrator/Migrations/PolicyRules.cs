using System.Globalization;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary>What is wrong with a migration's policy, member by member: values out of range, and members that contradict each other.</summary>
internal sealed partial class PolicyRules
{
    const int LongestSeconds = 604_800;
    const int LongestDowntimeMs = 2_000_000;
    const int MostRungs = 32;

    readonly SortedDictionary<string, string[]> errors = new(StringComparer.Ordinal);
    readonly string prefix;

    PolicyRules(string prefix) => this.prefix = prefix;

    /// <summary>Path and what is wrong there; empty for a policy that can be followed.</summary>
    public static SortedDictionary<string, string[]> Check(MigrationPolicy policy, string prefix)
    {
        var rules = new PolicyRules(prefix);
        rules.CheckMembers(policy);
        if (policy.Ladder is null || policy.Ladder.Any(step => step is null))
        {
            // Over the bus nothing else stands between null and here.
            rules.Wrong("ladder", "must be a list of steps without null");
            return rules.errors;
        }

        rules.CheckLadder(policy);
        if (policy.HyperV is { } hyperV)
        {
            rules.CheckHyperV(policy, hyperV);
        }

        if (policy.Mode == MigrationMode.Cold)
        {
            rules.CheckCold(policy);
        }

        return rules.errors;
    }

    void CheckMembers(MigrationPolicy policy)
    {
        Range(policy.BandwidthMiBps, 1, 1_000_000, "bandwidthMiBps", "MiB/s");
        Range(policy.MaxDowntimeMs, 1, LongestDowntimeMs, "maxDowntimeMs", "ms");
        Range(policy.TimeoutSeconds, 1, LongestSeconds, "timeoutSeconds", "s");
        Known(policy.Mode, "mode");
        Known(policy.Storage, "storage");
    }

    void CheckLadder(MigrationPolicy policy)
    {
        if (policy.Ladder.Count > MostRungs)
        {
            Wrong("ladder", $"must have at most {MostRungs} steps, found {policy.Ladder.Count}");
            return;
        }

        for (var i = 0; i < policy.Ladder.Count; i++)
        {
            var (step, at, before) = (policy.Ladder[i], $"ladder[{i}]", i == 0 ? null : policy.Ladder[i - 1]);
            Range(step.AfterSeconds, 1, LongestSeconds, $"{at}.afterSeconds", "s");
            Known(step.Action, $"{at}.action");
            if (before?.AfterSeconds >= step.AfterSeconds)
            {
                Wrong($"{at}.afterSeconds", $"must be later than the step before ({before.AfterSeconds} s), found {step.AfterSeconds}");
            }

            if (step.AfterSeconds >= policy.TimeoutSeconds)
            {
                Wrong($"{at}.afterSeconds", $"must be before timeoutSeconds ({policy.TimeoutSeconds} s), found {step.AfterSeconds}");
            }

            if (before?.Action is ConvergenceAction.PostCopy or ConvergenceAction.Suspend or ConvergenceAction.Abort)
            {
                Wrong(at, $"comes after {before.Action}, which is the last thing that can be done");
            }

            CheckDowntime(policy, step, at, i);
        }
    }

    void CheckDowntime(MigrationPolicy policy, ConvergenceStep step, string at, int index)
    {
        if (step.Action != ConvergenceAction.RaiseDowntime)
        {
            if (step.MaxDowntimeMs is not null)
            {
                Wrong($"{at}.maxDowntimeMs", "belongs to action RaiseDowntime only");
            }

            return;
        }

        if (step.MaxDowntimeMs is null)
        {
            Wrong($"{at}.maxDowntimeMs", "is required with action RaiseDowntime");
            return;
        }

        Range(step.MaxDowntimeMs, 1, LongestDowntimeMs, $"{at}.maxDowntimeMs", "ms");
        var allowed = policy.Ladder.Take(index).LastOrDefault(s => s.Action == ConvergenceAction.RaiseDowntime)?.MaxDowntimeMs ?? policy.MaxDowntimeMs;
        if (step.MaxDowntimeMs <= allowed)
        {
            Wrong($"{at}.maxDowntimeMs", $"must be more than what is allowed before it ({allowed} ms), found {step.MaxDowntimeMs}");
        }
    }

    /// <summary>What only a running guest has.</summary>
    void CheckCold(MigrationPolicy policy)
    {
        void Only(bool given, string name)
        {
            if (given)
            {
                Wrong(name, "is for a live migration; with mode Cold no guest runs");
            }
        }

        Only(policy.MaxDowntimeMs is not null, "maxDowntimeMs");
        Only(policy.AutoConverge, "autoConverge");
        Only(policy.Ladder.Count > 0, "ladder");
        Only(policy.Forecast, "forecast");
        Only(policy.RequireConvergence, "requireConvergence");
    }

    void Known<TEnum>(TEnum value, string name)
        where TEnum : struct, Enum
    {
        if (value.Equals(default(TEnum)) || !Enum.IsDefined(value))
        {
            Wrong(name, $"must be one of {string.Join(", ", Enum.GetNames<TEnum>().Where(n => n != "Unknown"))}");
        }
    }

    void Range(long? value, long min, long max, string name, string unit)
    {
        if (value < min || value > max)
        {
            Wrong(name, string.Create(CultureInfo.InvariantCulture, $"must be {min} to {max} {unit}, found {value}"));
        }
    }

    /// <summary>The first thing wrong with a member is the one that is told.</summary>
    void Wrong(string name, string what) => errors.TryAdd(prefix + name, [what]);
}
