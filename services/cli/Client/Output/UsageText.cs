using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace HvPlatform.Cli.Client.Output;

/// <summary>What is wrong with a line that cannot be understood, in one line for each mistake.</summary>
internal static partial class UsageText
{
    public static string Of(ParseError error)
    {
        var lines = error.Message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (NoValue().Match(lines[0]) is { Success: true } wrong)
        {
            var values = lines.Skip(1).Where(v => v != "Unknown").ToList();
            return $"'{wrong.Groups["value"].Value}' is no value of {wrong.Groups["name"].Value}{(values.Count > 0 ? $"; it is one of {string.Join(", ", values)}" : "")}.";
        }

        return $"{lines[0]}{(lines.Length > 1 ? $" {string.Join(", ", lines.Skip(1))}" : "")}";
    }

    /// <summary>The parser's own words name types of this program.</summary>
    [GeneratedRegex(@"^Cannot parse argument '(?<value>.*)' for (option|argument|command) '(?<name>[^']+)' as expected type '", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex NoValue();
}
