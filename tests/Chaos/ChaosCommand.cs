using System.Globalization;
using System.Runtime.InteropServices;
using HvPlatform.Chaos.Rounds;
using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;

namespace HvPlatform.Chaos;

/// <summary><c>./hv chaos</c>: rounds of faults on a real platform; one table line each, a sum at the end, exit code 1 after a violation.</summary>
static class ChaosCommand
{
    const string Usage = "Usage: ./hv chaos [--rounds N] [--seed S] [--fault FAULT] [--phase PHASE] [--outage SECONDS] [--faults 1|2] [--disks shared|copied]";

    public static async Task<int> RunAsync(string[] args)
    {
        if (ChaosOptions.Parse(args) is not { } options)
        {
            Console.Error.WriteLine($"{Usage}\n  faults: {string.Join(", ", Enum.GetValues<Fault>().Skip(1).Select(RoundPlan.Name))}\n  phases: {string.Join(", ", RoundPlan.Phases)}");
            return 2;
        }

        if (LibvirtHosts.WhyNot() is { } reason)
        {
            Console.Error.WriteLine(reason);
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await new ChaosCampaign(options, Console.Out).RunAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.Error.WriteLine("Interrupted; everything that was started is gone.");
            return 130;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}

/// <summary>What the command line asks for.</summary>
sealed record ChaosOptions
{
    public int Rounds { get; init; } = 10;

    public int Seed { get; init; } = 1;

    public Fault? Fault { get; init; }

    public MigrationPhase? Phase { get; init; }

    /// <summary>How long the thing is away; null for chance.</summary>
    public TimeSpan? Outage { get; init; }

    /// <summary>Harms in each round: 2 for a second one while the first is being overcome.</summary>
    public int Faults { get; init; } = 1;

    /// <summary>Each migration copies the guest's disk.</summary>
    public bool CopiesDisks { get; init; }

    /// <summary>Null if it is not understood.</summary>
    public static ChaosOptions? Parse(string[] args)
    {
        var options = new ChaosOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || Apply(options, args[i], args[i + 1]) is not { } next)
            {
                return null;
            }

            options = next;
        }

        return options.Fault is { } f && options.Phase is { } p && !RoundPlan.IsPossible(f, p) ? null : options;
    }

    static ChaosOptions? Apply(ChaosOptions options, string name, string value)
    {
        switch (name)
        {
            case "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0:
                return options with { Rounds = n };
            case "--seed" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n):
                return options with { Seed = n };
            case "--fault" when Enum.TryParse<Fault>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var fault) && Enum.IsDefined(fault) && fault != default:
                return options with { Fault = fault };
            case "--phase" when Enum.TryParse<MigrationPhase>(value, ignoreCase: true, out var phase) && RoundPlan.Phases.Contains(phase):
                return options with { Phase = phase };
            case "--outage" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var s) && s <= 600:
                return options with { Outage = TimeSpan.FromSeconds(s) };
            case "--faults" when value is "1" or "2":
                return options with { Faults = value[0] - '0' };
            case "--disks" when value is "shared" or "copied":
                return options with { CopiesDisks = value == "copied" };
            default:
                return null;
        }
    }
}
