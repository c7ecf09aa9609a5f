using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client;

/// <summary>What the verbs of one run share: options that all have, and the frame in which a verb runs.</summary>
internal sealed class Cli
{
    public Cli(CliHost host)
    {
        Host = host;
        Output.AcceptOnlyFromAmong(Printer.Formats);
        Globals = [Output, NoHeaders, Quiet, Verbose, Profile, Url, Token];
        foreach (var option in Globals)
        {
            option.Recursive = true;
        }
    }

    public CliHost Host { get; }

    public Option<string> Output { get; } = new("--output", "-o") { Description = "How to print: table, wide, json, yaml or name.", DefaultValueFactory = _ => "table", HelpName = "FORMAT" };

    public Option<bool> NoHeaders { get; } = new("--no-headers") { Description = "Tables without their first line." };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print results only; of a command the operation's id." };

    public Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Print requests and trace ids on standard error." };

    public Option<string?> Profile { get; } = new("--profile") { Description = "The profile of the configuration file to use (HV_PROFILE).", HelpName = "NAME" };

    public Option<string?> Url { get; } = new("--url") { Description = "The platform's address (HV_URL).", HelpName = "URL" };

    public Option<string?> Token { get; } = new("--token") { Description = "An API token. Others on this machine can read it here: HV_TOKEN or hv login are better.", HelpName = "TOKEN" };

    /// <summary>Options of every verb.</summary>
    public IReadOnlyList<Option> Globals { get; }

    /// <summary>A verb that reads.</summary>
    public Command Verb(string name, string what, IEnumerable<Symbol> symbols, Func<Run, Task<int>> action)
    {
        var command = Make(name, what, symbols);
        command.SetAction((parsed, cancellationToken) => RunAsync(new(this, parsed, new(), null, cancellationToken), action));
        return command;
    }

    /// <summary>A verb that changes something: it can wait for the end, be tried without effect, and says why.</summary>
    public Command Do(string name, string what, IEnumerable<Symbol> symbols, Func<Run, Task<int>> action)
    {
        var options = new CommandOptions();
        var command = Make(name, what, [.. symbols, .. options.All]);
        command.SetAction((parsed, cancellationToken) => RunAsync(new(this, parsed, options.Read(parsed), options.ReadWait(parsed), cancellationToken), action));
        return command;
    }

    /// <summary>A verb that changes something and whose dry run the platform itself can do.</summary>
    public Command DoWithOwnDryRun(string name, string what, IEnumerable<Symbol> symbols, Func<Run, Task<int>> action)
    {
        var options = new CommandOptions();
        var command = Make(name, what, [.. symbols, .. options.All]);
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(new(this, parsed, options.Read(parsed) with { SendsInDryRun = true }, options.ReadWait(parsed), cancellationToken), action));
        return command;
    }

    /// <summary>A verb that lists; <c>--watch</c> goes on until Ctrl-C.</summary>
    public Command List<T>(string name, string what, IEnumerable<Symbol> symbols, Table<T> table, string none, Func<Run, int?, Task<Listing<T>>> read)
    {
        var limit = new Option<int?>("--limit") { Description = "Most items to list; all if not given.", HelpName = "N" };
        var watch = new Option<bool>("--watch", "-w") { Description = "Go on, and show what changes, until Ctrl-C." };
        limit.Validators.Add(r =>
        {
            if (r.Tokens is [var token] && int.TryParse(token.Value, out var value) && value < 1)
            {
                r.AddError("--limit must be at least 1.");
            }
        });
        return Verb(name, what, [.. symbols, limit, watch], async run =>
        {
            Task<Listing<T>> Read() => read(run, run.Get(limit));
            if (run.Get(watch))
            {
                return await new ListWatch<T>(run, table).RunAsync(Read);
            }

            run.Print.List(await Read(), table, none);
            return ExitCodes.Done;
        });
    }

    /// <summary>The same of a list that the platform tells whole.</summary>
    public Command ListWhole<T, TPage>(string what, Table<T> table, string none, Func<Run, Task<Answer<TPage>>> read)
        where TPage : IPage<T> => List("list", what, [], table, none, async (run, limit) =>
        {
            var page = await read(run);
            var most = limit ?? int.MaxValue;
            return new([.. page.Value.Items.Take(most)], [.. page.Json.GetProperty("items").EnumerateArray().Take(most)]);
        });

    /// <summary>A verb that takes away what has an id and no name.</summary>
    /// <param name="what">What it does.</param>
    /// <param name="noun">What it takes away: token, webhook, ….</param>
    /// <param name="send">Asks the platform.</param>
    /// <param name="gone">What is told afterwards, after the id.</param>
    public Command Delete(string what, string noun, Func<Run, Guid, Task> send, string gone)
    {
        var id = Find.IdArgument(noun);
        return Do("delete", what, [id], async run =>
        {
            await send(run, run.Get(id));
            run.Print.Note($"{char.ToUpperInvariant(noun[0])}{noun[1..].Replace('-', ' ')} {run.Get(id)} {gone}");
            return ExitCodes.Done;
        });
    }

    /// <summary>A group of verbs.</summary>
    public static Command Group(string name, string what, IEnumerable<Command> verbs, params string[] aliases)
    {
        var group = new Command(name, what);
        foreach (var verb in verbs)
        {
            group.Add(verb);
        }

        foreach (var alias in aliases)
        {
            group.Aliases.Add(alias);
        }

        return group;
    }

    static Command Make(string name, string what, IEnumerable<Symbol> symbols)
    {
        var command = new Command(name, what);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        return command;
    }

    static async Task<int> RunAsync(Run run, Func<Run, Task<int>> action)
    {
        using (run)
        {
            return await action(run);
        }
    }
}
