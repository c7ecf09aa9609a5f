using HvPlatform.Chaos.Rounds;
using HvPlatform.Chaos.World;
using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;

namespace HvPlatform.Benchmarks;

/// <summary>How long a migration of a real guest takes to its end when one part of the platform is killed during the transfer and comes back after a second.</summary>
static class RecoveryBench
{
    public static async Task RunAsync(BenchReport report)
    {
        if (LibvirtHosts.WhyNot() is { } reason)
        {
            Console.WriteLine($"skipped: {reason}");
            return;
        }

        var world = await ChaosWorld.StartAsync(CancellationToken.None);
        try
        {
            double? undisturbed = null;
            foreach (var fault in Enum.GetValues<Fault>())
            {
                var plan = new RoundPlan { Fault = fault, Phase = MigrationPhase.Transferring, Outage = fault is Fault.None ? TimeSpan.Zero : TimeSpan.FromSeconds(1), ConnectionsLost = true };
                var result = await new ChaosRound(world).RunAsync(plan, CancellationToken.None);
                if (result.Violations.Count > 0)
                {
                    throw new InvalidOperationException($"{fault}: {string.Join("; ", result.Violations)}");
                }

                var seconds = result.Recovery!.Value.TotalSeconds;
                undisturbed ??= seconds;
                var name = fault == Fault.None ? "nothing killed," : RoundPlan.Name(fault);
                report.Line(
                    $"recovery: {name} to the migration's end ({result.Outcome})",
                    seconds, "s", fault == Fault.None ? null : "nothing killed", fault == Fault.None ? null : undisturbed);
                report.Line($"recovery: {name} to the guest usable", result.Usable!.Value.TotalSeconds, "s");
            }
        }
        finally
        {
            await world.DisposeAsync();
        }
    }
}
