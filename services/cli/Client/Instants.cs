using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace HvPlatform.Cli.Client;

/// <summary>Instants as people type them: <c>2026-05-04T03:02:01Z</c>, <c>2026-05-04</c> (UTC), or a time ago: <c>90s</c>, <c>10m</c>, <c>2h</c>.</summary>
internal static class Instants
{
    /// <summary><c>--as-of</c>.</summary>
    public static Option<DateTimeOffset?> AsOf() => new("--as-of") { Description = "As it was at this instant: 2026-05-04T03:02:01Z, or a time ago such as 10m.", HelpName = "INSTANT", CustomParser = Parse };

    public static DateTimeOffset? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.Length > 1 && char.IsAsciiLetter(text[^1]) && Durations.TryParse(text) is { } ago)
        {
            return TimeProvider.System.GetUtcNow() - ago;
        }

        if (text.Contains('-', StringComparison.Ordinal) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
        {
            return at;
        }

        result.AddError($"'{text}' is no instant: give 2026-05-04T03:02:01Z, or a time ago such as 10m.");
        return null;
    }
}
