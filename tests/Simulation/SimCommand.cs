using System.Globalization;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation;

/// <summary><c>./hv sim</c>.</summary>
static class SimCommand
{
    const string Usage = """
        usage: ./hv sim [--seeds N] [--from S] [--seed X [--verbose]] [--matrix [--write]] [--record DIR] [--without SAFEGUARD]

        Runs the whole platform (orchestrator, saga, inventory, an agent per host, simulated hypervisors) in virtual time, with everything going wrong that
        chance can think of, and checks after every event that no VM is lost or doubled.

          --seeds N       how many worlds (default 100); each seed is one world and replays exactly
          --from S        the first seed (default 1)
          --seed X        only this one
          --verbose       prints the whole course of the seed
          --statistics    prints how often each rare path was reached
          --matrix        runs every cell of docs/crash-matrix.md instead; --write writes that file
          --record DIR    writes the inputs and decisions of every migration, one file each
          --without S     switches a safeguard off, to see that the checks notice: EpochCheck, Inbox, Journal, AskBothHosts, OneOperationPerVm,
                          Closing

          --with B        gives every world this, and nothing else of its kind: None, CutLinks, LocalDisks, PostCopy, LostTimers, Operator (or several, with commas)

        The last line is "seeds N, violations V, migrations M, completed C, rolled back R, failed-intact F". The exit code is 1 if there was a violation.
        """;

    public static Task<int> RunAsync(string[] args)
    {
        var options = SimArguments.Parse(args, out var wrong);
        if (options is null)
        {
            (wrong is null ? Console.Out : Console.Error).WriteLine(wrong is null ? Usage : $"hv sim: {wrong}\n\n{Usage}");
            return Task.FromResult(wrong is null ? 0 : 2);
        }

        return Task.FromResult(options.Matrix ? Matrix.MatrixCommand.Run(options) : RunSeeds(options));
    }

    static int RunSeeds(SimArguments a)
    {
        var totals = SeedRunner.Run(a.From, a.Seeds, new WorldOptions { SwitchedOff = a.SwitchedOff, Breadth = a.Breadth, Trace = a.Verbose }, a.Record, !Console.IsErrorRedirected, r => Report(r, a));
        if (a.Statistics || a.Verbose)
        {
            foreach (var (what, times) in totals.Reached)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times,9}  {what}"));
            }
        }

        Console.WriteLine(totals.ToString());
        return totals.Violations == 0 ? 0 : 1;
    }

    static void Report(WorldResult result, SimArguments a)
    {
        if (a.Verbose)
        {
            foreach (var line in result.Lines)
            {
                Console.WriteLine(line);
            }
        }

        if (result.Violation is null)
        {
            return;
        }

        Console.WriteLine($"seed {result.Seed}: {result.Violation}");
        if (!a.Verbose)
        {
            // The run itself keeps no trace; it replays exactly, so it is run again with one.
            var again = RandomWorld.Run(new WorldOptions { Seed = result.Seed, SwitchedOff = a.SwitchedOff, Breadth = a.Breadth, Trace = true });
            if (again.Hash != result.Hash)
            {
                Console.WriteLine("  (and it did not replay exactly: something in it is not deterministic)");
            }

            foreach (var line in again.Lines.Where(l => !l.Contains("HostHeartbeat", StringComparison.Ordinal) && !l.Contains("HostReported", StringComparison.Ordinal)).TakeLast(40))
            {
                Console.WriteLine($"  {line}");
            }
        }

        Console.WriteLine($"  replay it: ./hv sim --seed {result.Seed} --verbose{(a.SwitchedOff == Safeguard.None ? "" : $" --without {a.SwitchedOff}")}{(a.Breadth is { } b ? $" --with {b.ToString().Replace(" ", "", StringComparison.Ordinal)}" : "")}");
    }
}

/// <summary>What was asked for.</summary>
sealed record SimArguments
{
    public int Seeds { get; init; } = 100;

    public int From { get; init; } = 1;

    public bool Verbose { get; init; }

    public bool Statistics { get; init; }

    public bool Matrix { get; init; }

    public bool Write { get; init; }

    public string? Record { get; init; }

    public Safeguard SwitchedOff { get; init; }

    public Breadth? Breadth { get; init; }

    /// <summary>Null for help (nothing wrong) or for arguments that cannot be used.</summary>
    public static SimArguments? Parse(string[] args, out string? wrong)
    {
        var a = new SimArguments();
        wrong = null;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--help" or "-h":
                    return null;
                case "--verbose":
                    a = a with { Verbose = true };
                    continue;
                case "--statistics":
                    a = a with { Statistics = true };
                    continue;
                case "--matrix":
                    a = a with { Matrix = true };
                    continue;
                case "--write":
                    a = a with { Write = true };
                    continue;
                case "--record" when i + 1 < args.Length:
                    a = a with { Record = args[++i] };
                    continue;
                case "--without" when i + 1 < args.Length && Enum.TryParse<Safeguard>(args[i + 1], ignoreCase: true, out var safeguard):
                    a = a with { SwitchedOff = safeguard };
                    i++;
                    continue;
                case "--with" when i + 1 < args.Length && Enum.TryParse<Breadth>(args[i + 1], ignoreCase: true, out var breadth):
                    a = a with { Breadth = breadth };
                    i++;
                    continue;
                case "--seeds" or "--from" or "--seed" when i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                    a = args[i] switch { "--seeds" => a with { Seeds = number }, "--from" => a with { From = number }, _ => a with { From = number, Seeds = 1 } };
                    i++;
                    continue;
                default:
                    wrong = $"'{args[i]}' cannot be used.";
                    return null;
            }
        }

        return a;
    }
}
