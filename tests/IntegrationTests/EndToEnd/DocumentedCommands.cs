using System.Text.RegularExpressions;
using HvPlatform.Cli.LocalServers;
using HvPlatform.TestKit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>
/// The commands of a document, run as they stand by bash with the real curl, each block of a document in the same shell. Only the platform's address is another one.
/// A curl command that is answered with an error ends the run.
/// </summary>
public sealed partial class DocumentedCommands
{
    readonly string _directory = TemporaryDirectory.Create("hv-documented-");
    readonly List<string> _script;

    DocumentedCommands(List<string> script) => _script = script;

    /// <summary>The lines of all blocks of shell commands in which there is a curl command, and the curl commands within the text.</summary>
    public static DocumentedCommands Of(string document, string? section = null)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "howto", document)).Replace("\\\n", " ", StringComparison.Ordinal);
        text = section is null ? text : text.Split($"## {section}\n")[1].Split("\n## ")[0];
        var blocks = Block().Matches(text).Select(m => m.Groups[1].Value).Where(b => b.Contains("curl ", StringComparison.Ordinal));
        return new([.. Inline().Matches(text).Select(m => m.Groups[1].Value), .. blocks.SelectMany(b => b.Split('\n')).Where(l => l.Length > 0)]);
    }

    /// <summary>Runs them up to the line that begins with <paramref name="before"/>, which stays for the next time; all if there is none. Each curl command and its answer.</summary>
    public async Task<IReadOnlyList<(string Command, string Answer)>> RunAsync(Uri platform, IReadOnlyDictionary<string, string> variables, string? before = null)
    {
        var count = before is null ? _script.Count : _script.FindIndex(l => l.StartsWith(before, StringComparison.Ordinal));
        Directory.CreateDirectory(Path.Combine(_directory, ".hv", "data"));
        await File.WriteAllTextAsync(Path.Combine(_directory, ".hv", "data", "access-token"), TestAccess.Token);
        var lines = _script.Take(count).Select(l => l.Replace("localhost:8080", platform.Authority, StringComparison.Ordinal)).ToList();
        _script.RemoveRange(0, count);
        var commands = lines.Where(l => l.StartsWith("curl ", StringComparison.Ordinal)).ToList();
        var script = string.Join('\n', [
            "set -euo pipefail",
            "curl() { command curl --no-progress-meter --fail-with-body --max-time 60 \"$@\"; }",
            "[ ! -f state ] || . ./state",
            .. lines.Select(l => commands.IndexOf(l) is >= 0 and var n ? $"{{ {l}\n}} > {n}.out || {{ cat {n}.out >&2; exit 1; }}" : l),
            "declare -p H T0 T1 > state 2>/dev/null || true",
        ]);
        await ChildProcess.RunAsync(["env", "-C", _directory, .. variables.Select(v => $"{v.Key}={v.Value}"), "bash", "-c", script]);
        return [.. commands.Select((c, n) => (c, File.ReadAllText(Path.Combine(_directory, $"{n}.out"))))];
    }

    [GeneratedRegex(@"^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^`(curl [^`]*)`", RegexOptions.Multiline)]
    private static partial Regex Inline();
}
