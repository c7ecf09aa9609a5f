using System.Globalization;
using System.Text.RegularExpressions;
using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary>A convergence ladder as a person types it: <c>30s:raise-downtime=1000,60s:post-copy</c>.</summary>
internal static partial class LadderText
{
    public const string Form = "TIME:ACTION[,…], TIME as 90, 90s or 2m, ACTION one of raise-downtime=MS, post-copy, suspend, abort";

    /// <summary>The steps, in the order given; the platform checks whether they make sense.</summary>
    /// <exception cref="FormatException">A step cannot be read.</exception>
    public static IReadOnlyList<ConvergenceStep> Parse(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries).Select(Step)];

    static ConvergenceStep Step(string text)
    {
        if (StepForm().Match(text) is not { Success: true } match || !int.TryParse(match.Groups["time"].Value, CultureInfo.InvariantCulture, out var time))
        {
            throw new FormatException($"'{text}' is no step of a ladder: {Form}.");
        }

        var downtime = match.Groups["ms"].Success ? int.Parse(match.Groups["ms"].Value, CultureInfo.InvariantCulture) : (int?)null;
        return new ConvergenceStep
        {
            AfterSeconds = (int)Math.Min(int.MaxValue, (long)time * (match.Groups["unit"].Value switch { "m" => 60, "h" => 3600, _ => 1 })),
            Action = match.Groups["action"].Value switch
            {
                "post-copy" => ConvergenceAction.PostCopy,
                "suspend" => ConvergenceAction.Suspend,
                "abort" => ConvergenceAction.Abort,
                _ => ConvergenceAction.RaiseDowntime,
            },
            MaxDowntimeMs = downtime,
        };
    }

    [GeneratedRegex(@"^(?<time>\d{1,6})(?<unit>[smh]?):(raise-downtime=(?<ms>\d{1,9})(ms)?|(?<action>post-copy|suspend|abort))$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex StepForm();
}
