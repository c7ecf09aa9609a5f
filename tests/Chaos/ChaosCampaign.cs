using System.Globalization;
using HvPlatform.Chaos.Rounds;
using HvPlatform.Chaos.World;
using HvPlatform.TestKit;

namespace HvPlatform.Chaos;

/// <summary>Many rounds, one after another, in one world as long as nothing is violated.</summary>
sealed class ChaosCampaign(ChaosOptions options, TextWriter output)
{
    /// <summary>Of the column of faults.</summary>
    readonly int _width = options.Faults == 1 ? 24 : 48;
    readonly Dictionary<string, int> _outcomes = [];
    int _rounds;
    int _violated;

    /// <summary>Runs them; 1 if something was violated.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        ChaosWorld? world = null;
        try
        {
            output.WriteLine($"{"round",5}  {"fault".PadRight(_width)}{"phase",-22}{"outage",-9}{"outcome",-13}{"in doubt",-10}{"recovery",10}{"usable",10}  checks");
            for (var round = 1; round <= options.Rounds; round++)
            {
                cancellationToken.ThrowIfCancellationRequested();

                // Each round has a chance of its own, so that a single one can be repeated: --rounds 1 --seed S+round-1.
                var plan = RoundPlan.Choose(new Random(options.Seed + round - 1), options);
                world ??= await ChaosWorld.StartAsync(cancellationToken, options.CopiesDisks);
                if (!await RunAsync(world, plan, round, cancellationToken))
                {
                    await world.DisposeAsync();
                    world = null;
                }
            }
        }
        finally
        {
            if (world is not null)
            {
                await world.DisposeAsync();
            }

            output.WriteLine($"rounds {_rounds}, violations {_violated}, completed {Count("Succeeded")}, rolled back {Count("RolledBack") + Count("Cancelled")}, failed-intact {Count("Failed")}");
        }

        return _violated == 0 ? 0 : 1;
    }

    int Count(string outcome) => _outcomes.GetValueOrDefault(outcome);

    /// <summary>One round and its line; false if the world is not fit for another.</summary>
    async Task<bool> RunAsync(ChaosWorld world, RoundPlan plan, int round, CancellationToken cancellationToken)
    {
        var start = string.Create(CultureInfo.InvariantCulture, $"{round,5}  {plan.FaultNames.PadRight(_width)}{plan.Phase + (plan.InsideTheCall ? "*" : ""),-22}{plan.Outage.TotalSeconds,-9:0.0}");
        RoundResult result;
        try
        {
            result = await new ChaosRound(world).RunAsync(plan, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            result = new() { Plan = plan, Operation = default, Outcome = "error", Violations = [$"{e.GetType().Name}: {e.Message}"] };
        }

        _rounds++;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{start}{result.Outcome,-13}{(result.InDoubt ? "yes" : "no"),-10}{result.Recovery?.TotalSeconds,8:0.0} s{result.Usable?.TotalSeconds,8:0.0} s  {(result.Violations.Count == 0 ? "ok" : "VIOLATED")}"));
        if (result.Violations.Count == 0)
        {
            _outcomes[result.Outcome] = Count(result.Outcome) + 1;
            return true;
        }

        _violated++;
        var folder = Path.Combine(Repository.Root, ".hv", "chaos", $"seed-{options.Seed + round - 1}");
        world.KeepLogs(folder);
        foreach (var violation in result.Violations)
        {
            output.WriteLine($"       {violation}");
        }

        output.WriteLine($"       seed {options.Seed + round - 1}, operation {result.Operation}; logs: {folder}");
        return false;
    }
}
