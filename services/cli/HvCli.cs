using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.Json;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Connect;
using HvPlatform.Cli.Client.Output;
using HvPlatform.Cli.Client.Top;
using HvPlatform.Cli.Client.Verbs;
using HvPlatform.Cli.Demo;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Cli.Testing;
using HvPlatform.Cli.Up;

namespace HvPlatform.Cli;

/// <summary>The command line <c>hv</c>.</summary>
internal static class HvCli
{
    /// <summary>The verbs of the first level, each with its names. Only what the line asks for is put together: that is most of the time a run takes to start.</summary>
    static readonly (string[] Names, Func<Client.Cli, Command> Create)[] s_verbs =
    [
        (["vm", "vms"], VmVerbs.Create),
        (["host", "hosts"], HostVerbs.Create),
        (["migrate"], MigrateVerb.Create),
        (["migration", "migrations"], MigrationVerbs.Create),
        (["operation", "operations"], OperationVerbs.Create),
        (["evacuation", "evacuations"], EvacuationVerbs.Create),
        (["event", "events"], EventVerbs.Create),
        (["join-token", "join-tokens"], AgentVerbs.JoinTokens),
        (["agent", "agents"], AgentVerbs.Agents),
        (["alert", "alerts"], AlertVerbs.Create),
        (["token", "tokens"], AccessVerbs.Tokens),
        (["grant", "grants"], AccessVerbs.Grants),
        (["group", "groups"], AccessVerbs.Groups),
        (["audit"], AccessVerbs.Audit),
        (["webhook", "webhooks"], WebhookVerbs.Create),
        (["inventory"], InventoryVerbs.Create),
        (["top"], TopVerb.Create),
        (["login"], ConfigVerbs.Login),
        (["config"], ConfigVerbs.Create),
        (["whoami"], SelfVerbs.WhoAmI),
        (["completion"], SelfVerbs.Completion),
        (["version"], SelfVerbs.Version),
        (["up"], _ => UpCommand.Create()),
        (["demo"], _ => DemoCommand.Create()),
        (["test"], _ => TestCommand.Create()),
    ];

    /// <summary>Runs one line and returns its exit code (<see cref="ExitCodes"/>).</summary>
    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken cancellationToken)
    {
        try
        {
            if (args is [Completions.Verb, .. var words])
            {
                var all = new Client.Cli(host);
                return await Completions.RunAsync(all, Root(all, only: null), words, cancellationToken);
            }

            var cli = new Client.Cli(host);
            var parsed = Root(cli, args.FirstOrDefault()).Parse(args);
            if (parsed.Action is ParseErrorAction || (parsed.Errors.Count > 0 && parsed.Action is not HelpAction))
            {
                return Usage(host, parsed);
            }

            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = host.Out, Error = host.Error }, cancellationToken);
        }
        catch (DryRunException)
        {
            await host.Error.WriteLineAsync("hv: nothing was sent (--dry-run).");
            return ExitCodes.Done;
        }
        catch (CliException e)
        {
            await host.Error.WriteLineAsync($"hv: {e.Message}");
            return e.ExitCode;
        }
        catch (ApiProblemException e)
        {
            await host.Error.WriteLineAsync(string.Join('\n', ErrorText.Of(e)));
            return ErrorText.ExitCode(e.Status);
        }
        catch (HttpRequestException e)
        {
            var causes = new List<string>();
            for (Exception? cause = e; cause is not null; cause = cause.InnerException)
            {
                causes.Add(cause.Message);
            }

            await host.Error.WriteLineAsync($"hv: The platform cannot be reached: {string.Join("\n  because: ", causes.Distinct())}\n  next: start it (`hv up`), or say where it is (HV_URL, --url, `hv config view`).");
            return ExitCodes.Unreachable;
        }
        catch (JsonException e)
        {
            await host.Error.WriteLineAsync($"hv: The answer is not one of HvPlatform's API ({e.Message}).\n  next: look whether the address is right (HV_URL, `hv config view`), and whether `hv version` is the platform's.");
            return ExitCodes.Unreachable;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is OperationCanceledException or LocalServerException)
        {
            return ExitCodes.Interrupted;
        }
        catch (OperationCanceledException e)
        {
            await host.Error.WriteLineAsync($"hv: The platform did not answer in time ({e.Message}).");
            return ExitCodes.Unreachable;
        }
        catch (Exception e) when (e is LocalServerException or FileNotFoundException)
        {
            await host.Error.WriteLineAsync($"hv: {e.Message}");
            return ExitCodes.Failed;
        }
    }

    /// <summary>The command line. It is called hv, whatever the program's file is called.</summary>
    /// <param name="cli">The run.</param>
    /// <param name="only">Put together this verb alone; all if it is none of them.</param>
    internal static Command Root(Client.Cli cli, string? only)
    {
        var root = new Command("hv", "HvPlatform: a control plane for fleets of Hyper-V and KVM hosts.") { new HelpOption("--help", "-h", "-?") };
        foreach (var option in cli.Globals)
        {
            root.Add(option);
        }

        var wanted = s_verbs.Where(v => v.Names.Contains(only)).ToList();
        foreach (var (_, create) in wanted.Count > 0 ? wanted : [.. s_verbs])
        {
            root.Add(create(cli));
        }

        return root;
    }

    static int Usage(CliHost host, ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
        {
            host.Error.WriteLine($"hv: {UsageText.Of(error)}");
        }

        var path = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is not null; at = at.Parent)
        {
            path.Insert(0, ((CommandResult)at).Command.Name);
        }

        host.Error.WriteLine($"  next: {string.Join(' ', path)} --help");
        return ExitCodes.Usage;
    }
}
