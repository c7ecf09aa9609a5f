using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;
using Spectre.Console;

namespace HvPlatform.Cli.Client.Top;

/// <summary><c>hv top</c>: the fleet live in a terminal; elsewhere one look at it.</summary>
internal static class TopVerb
{
    const int SnapshotWidth = 120;
    static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(1);
    static readonly TimeSpan s_keys = TimeSpan.FromMilliseconds(50);

    public static Command Create(Cli cli)
    {
        var sort = new Option<TopSort>("--sort") { Description = "Hosts by load, memory, vms or name.", HelpName = "KEY" };
        return cli.Verb("top", "The fleet live: hosts with their load, VMs by state, running operations, events and errors of the last minute. Without a terminal one look at it.", [sort], async run =>
        {
            await using var reader = new TopReader(run);
            if (run.Host.IsTerminal && run.Host.IsInteractive && run.Print.IsTable)
            {
                reader.Count();
                return await LiveAsync(run, reader, run.Get(sort));
            }

            if (!run.Print.IsTable)
            {
                var fleet = await run.Api.GetFleetAsync(cancellationToken: run.Cancelled);
                run.Print.One(fleet.Json, "fleet", () => []);
                return ExitCodes.Done;
            }

            var state = await reader.ReadAsync(hosts => hosts);
            Console(run.Host, SnapshotWidth, terminal: false).Write(TopView.Render(state, run.Get(sort), 0, SnapshotWidth, height: null));
            return ExitCodes.Done;
        });
    }

    /// <summary>A console on the run's standard output.</summary>
    internal static IAnsiConsole Console(CliHost host, int? width, bool terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(host.Out),
            Ansi = terminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Yes : InteractionSupport.No,
        });
        if (width is { } columns)
        {
            console.Profile.Width = columns;
        }

        return console;
    }

    static async Task<int> LiveAsync(Run run, TopReader reader, TopSort sort)
    {
        var console = Console(run.Host, null, terminal: true);
        var first = 0;
        var state = await reader.ReadAsync(hosts => hosts);
        var drawn = run.Host.Time.GetTimestamp();
        console.Write(new ControlCode("\e[?1049h\e[?25l"));
        try
        {
            do
            {
                // A terminal of another size has folded the old page's lines in its own way: it is taken away whole.
                console.Write(new ControlCode("\e[2J\e[H"));
            }
            while (await console.Live(Page()).Overflow(VerticalOverflow.Crop).AutoClear(true).StartAsync(UntilResizedAsync));
        }
        catch (OperationCanceledException) when (run.Cancelled.IsCancellationRequested)
        {
            // Ctrl-C is the other way out.
        }
        finally
        {
            console.Write(new ControlCode("\e[?25h\e[?1049l"));
        }

        return ExitCodes.Done;

        Spectre.Console.Rendering.IRenderable Page() => TopView.Render(state, sort, first, console.Profile.Width, console.Profile.Height);

        async Task<bool> UntilResizedAsync(LiveDisplayContext live)
        {
            var size = (console.Profile.Width, console.Profile.Height);
            while (!run.Cancelled.IsCancellationRequested)
            {
                if (size != (console.Profile.Width, console.Profile.Height))
                {
                    return true;
                }

                var pressed = System.Console.KeyAvailable ? System.Console.ReadKey(intercept: true).Key : default;
                if (pressed == ConsoleKey.Q)
                {
                    return false;
                }

                first = pressed switch { ConsoleKey.UpArrow => Math.Max(0, first - 1), ConsoleKey.DownArrow => Math.Min(first + 1, Math.Max(0, state.Hosts.Count - 1)), _ => first };
                sort = pressed == ConsoleKey.S ? (TopSort)(((int)sort + 1) % Enum.GetValues<TopSort>().Length) : sort;
                if (run.Host.Time.GetElapsedTime(drawn) >= s_refresh)
                {
                    state = await NextAsync(run, reader, state, sort, first);
                    drawn = run.Host.Time.GetTimestamp();
                    live.UpdateTarget(Page());
                }
                else if (pressed != default)
                {
                    live.UpdateTarget(Page());
                }
                else
                {
                    await Task.Delay(s_keys, run.Host.Time, run.Cancelled);
                }
            }

            return false;
        }
    }

    /// <summary>The next state; if the platform does not answer the old one, marked as such.</summary>
    static async Task<TopState> NextAsync(Run run, TopReader reader, TopState state, TopSort sort, int first)
    {
        try
        {
            return await reader.ReadAsync(hosts => TopView.Sorted(state with { Hosts = hosts }, sort).Skip(first));
        }
        catch (Exception e) when (e is HttpRequestException or ApiProblemException)
        {
            return state with { Trouble = $"stale since {Words.At(state.At)}: {e.Message}" };
        }
    }
}
