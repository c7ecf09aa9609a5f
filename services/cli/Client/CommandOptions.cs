using System.CommandLine;
using System.Globalization;
using HvPlatform.Cli.Client.Connect;

namespace HvPlatform.Cli.Client;

/// <summary>The options of every verb that changes something.</summary>
internal sealed class CommandOptions
{
    readonly Option<bool> _wait = new("--wait") { Description = "Show the progress and return when it has ended." };
    readonly Option<TimeSpan?> _timeout = Durations.Option("--timeout", "With --wait: return after this long (30s, 5m; exit code 124); it goes on.");
    readonly Option<bool> _dryRun = new("--dry-run") { Description = "Check what can be checked and show the request, without sending it." };
    readonly Option<string?> _reason = new("--reason") { Description = "Why; kept in the history.", HelpName = "TEXT" };
    readonly Option<string?> _key = new("--idempotency-key") { Description = "A key of your own: repeated with it, the command is done once.", HelpName = "KEY" };

    public IEnumerable<Option> All => [_wait, _timeout, _dryRun, _reason, _key];

    public RequestSettings Read(ParseResult parsed) => new() { DryRun = parsed.GetValue(_dryRun), Reason = parsed.GetValue(_reason), IdempotencyKey = parsed.GetValue(_key) };

    /// <summary>How long to wait for the end; null for not at all.</summary>
    public TimeSpan? ReadWait(ParseResult parsed) => parsed.GetValue(_wait) ? parsed.GetValue(_timeout) ?? Timeout.InfiniteTimeSpan : null;
}

/// <summary>Time spans as people type them: 90, 90s, 5m, 2h.</summary>
internal static class Durations
{
    public static Option<TimeSpan?> Option(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (TryParse(result.Tokens[0].Value) is { } span)
            {
                return span;
            }

            result.AddError($"{name} takes a time such as 90, 90s, 5m or 2h, found '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    public static TimeSpan? TryParse(string text)
    {
        var (digits, seconds) = text switch
        {
            [.. var number, 's'] => (number, 1),
            [.. var number, 'm'] => (number, 60),
            [.. var number, 'h'] => (number, 3600),
            _ => (text, 1),
        };
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? TimeSpan.FromSeconds((double)value * seconds) : null;
    }
}
