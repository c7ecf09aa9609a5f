using System.CommandLine;
using System.CommandLine.Completions;
using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Completion;

/// <summary>What a shell offers on Tab: verbs and options of the command line itself, names of VMs and hosts asked of the platform.</summary>
internal static class Completions
{
    /// <summary>Stand for names that the platform knows.</summary>
    public const string Vms = "<vms>", Hosts = "<hosts>", Migrations = "<migrations>", Operations = "<operations>", Evacuations = "<evacuations>", Profiles = "<profiles>";

    const int MostNames = 200;

    /// <summary>The verb that the shell's script calls; not shown in the help.</summary>
    public const string Verb = "__complete";

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public static Argument<T> Dynamic<T>(Argument<T> argument, string names)
    {
        argument.HelpName = argument.Name;
        argument.CompletionSources.Clear();
        argument.CompletionSources.Add(_ => [new CompletionItem(names)]);
        return argument;
    }

    public static Option<T> Dynamic<T>(Option<T> option, string names)
    {
        option.CompletionSources.Clear();
        option.CompletionSources.Add(_ => [new CompletionItem(names)]);
        return option;
    }

    /// <summary>Prints what may stand at the end of a line, one per line. Says nothing when it does not know: a shell has no place for errors.</summary>
    /// <param name="cli">The run.</param>
    /// <param name="root">The whole command line.</param>
    /// <param name="words">The words so far; the last is the one to be completed, empty if it has not begun.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> RunAsync(Cli cli, Command root, string[] words, CancellationToken cancellationToken)
    {
        // --option=VALUE is one word in zsh and fish, and three in bash.
        var written = "";
        if (words is [.., var word] && word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
        {
            written = word[..(at + 1)];
            words = [.. words[..^1], word[..at], word[(at + 1)..]];
        }

        words = words is [.., "="] ? [.. words[..^1], ""] : [.. words.Where((w, i) => w != "=" || i != words.Length - 2)];

        // Asked for the place before the word that is begun: with it, names that only the platform knows would be left out.
        var begun = words is [.., var last] ? last : "";
        var line = string.Concat(words.SkipLast(1).Select(w => w.Contains(' ', StringComparison.Ordinal) ? $"\"{w}\" " : $"{w} "));
        var parsed = root.Parse(line);
        foreach (var item in parsed.UnmatchedTokens.Count > 0 ? [] : Offered(parsed, line.Length))
        {
            foreach (var name in item.StartsWith('<') ? await NamesAsync(cli, parsed, item, begun, cancellationToken) : [item])
            {
                if (name.StartsWith(begun, StringComparison.Ordinal) && (begun.StartsWith('-') || !name.StartsWith('-')))
                {
                    await cli.Host.Out.WriteLineAsync(written + name);
                }
            }
        }

        return ExitCodes.Done;
    }

    /// <summary>What may stand at a place: of a verb's arguments only the first that is not given yet.</summary>
    static IEnumerable<string> Offered(ParseResult parsed, int place)
    {
        var labels = parsed.GetCompletions(place).Select(c => c.Label).ToList();
        if (!labels.Contains("--help"))
        {
            // An option's value.
            return labels;
        }

        var context = parsed.GetCompletionContext();
        var arguments = parsed.CommandResult.Command.Arguments.Select(a => (IsGiven: (parsed.GetResult(a)?.Tokens.Count ?? 0) >= a.Arity.MaximumNumberOfValues, Labels: a.GetCompletions(context).Select(c => c.Label).ToList())).ToList();
        var next = arguments.FirstOrDefault(a => !a.IsGiven).Labels ?? [];
        return labels.Except(arguments.SelectMany(a => a.Labels).Except(next));
    }

    static async Task<IEnumerable<string>> NamesAsync(Cli cli, ParseResult parsed, string what, string begun, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        using var run = new Run(cli, parsed, new(), null, patience.Token);
        try
        {
            return what switch
            {
                Vms => (await run.Api.ListVmsAsync(search: begun.Length > 0 ? begun : null, limit: MostNames, cancellationToken: patience.Token)).Value.Items.Select(v => v.Name),
                Hosts => (await run.Api.ListHostsAsync(limit: MostNames, cancellationToken: patience.Token)).Value.Items.Select(h => h.Name),
                Migrations => (await run.Api.ListMigrationsAsync(open: true, limit: MostNames, cancellationToken: patience.Token)).Value.Items.Select(m => $"{m.Id}"),
                Operations => (await run.Api.ListOperationsAsync(open: true, limit: MostNames, cancellationToken: patience.Token)).Value.Items.Select(o => $"{o.Id}"),
                Evacuations => (await run.Api.ListEvacuationsAsync(open: true, limit: MostNames, cancellationToken: patience.Token)).Value.Items.Select(e => $"{e.Id}"),
                _ => Connect.HvConfig.Load(cli.Host).Profiles.Keys,
            };
        }
        catch (Exception e) when (e is HttpRequestException or ApiProblemException or CliException or OperationCanceledException or System.Text.Json.JsonException)
        {
            return [];
        }
    }
}
