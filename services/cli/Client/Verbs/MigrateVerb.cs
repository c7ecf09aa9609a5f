using System.CommandLine;
using System.CommandLine.Parsing;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Following;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv migrate VM HOST</c>, also <c>hv vm migrate</c>. What is not given is left to the platform's defaults.</summary>
internal static class MigrateVerb
{
    public static Command Create(Cli cli)
    {
        var (vm, host) = (Find.VmArgument(), Find.HostArgument("The destination's id or name."));
        var live = new Option<bool>("--live") { Description = "Only if the VM runs." };
        var cold = new Option<bool>("--cold") { Description = "Only if the VM is off." };
        var copy = new Option<string?>("--copy-storage") { Description = "Copy disks that the destination does not reach: full, or incremental (the top image only)." };
        var bandwidth = new Option<int?>("--bandwidth") { Description = "Most bandwidth to use, MiB/s.", HelpName = "N" };
        var downtime = new Option<int?>("--max-downtime") { Description = "Longest pause of the guest, ms.", HelpName = "MS" };
        var slow = new Option<bool>("--auto-converge") { Description = "Slow the guest's CPUs if it dirties memory faster than it is copied." };
        var ladder = new Option<IReadOnlyList<ConvergenceStep>?>("--ladder") { Description = $"What to do if it does not end: {LadderText.Form}.", CustomParser = Ladder, HelpName = "STEPS" };
        var forecast = new Option<bool>("--forecast") { Description = "Measure first and say how long it will take." };
        var converge = new Option<bool>("--require-convergence") { Description = "Do not begin a transfer that is forecast not to end." };
        var giveUp = Durations.Option("--give-up-after", "Have it undone if it has not ended after this long (300, 5m).");
        var hyperV = new HyperVMigrationArguments();
        copy.AcceptOnlyFromAmong("full", "incremental");
        var command = cli.Do("migrate", "Moves a VM to another host: live if it runs, cold if it is off.",
            [vm, host, live, cold, copy, bandwidth, downtime, slow, ladder, forecast, converge, giveUp, .. hyperV.Options], async run =>
            {
                var id = await Find.VmAsync(run, run.Get(vm));
                var body = new StartMigrationRequest
                {
                    DestinationHostId = await Find.HostAsync(run, run.Get(host)),
                    Policy = new()
                    {
                        Mode = run.Get(live) ? MigrationMode.Live : run.Get(cold) ? MigrationMode.Cold : null,
                        Storage = run.Get(copy) switch { "full" => MigrationStorage.CopyFull, "incremental" => MigrationStorage.CopyIncremental, _ => null },
                        BandwidthMiBps = run.Get(bandwidth),
                        MaxDowntimeMs = run.Get(downtime),
                        AutoConverge = run.Get(slow) ? true : null,
                        Ladder = run.Get(ladder),
                        Forecast = run.Get(forecast) ? true : null,
                        RequireConvergence = run.Get(converge) ? true : null,
                        TimeoutSeconds = (int?)run.Get(giveUp)?.TotalSeconds,
                        HyperV = hyperV.Read(run),
                    },
                };
                await CheckAsync(run, id, body);
                return await Follow.OperationAsync(run, await run.Api.StartMigrationAsync(id, body, cancellationToken: run.Cancelled));
            });
        command.Validators.Add(r =>
        {
            if (r.GetValue(live) && r.GetValue(cold))
            {
                r.AddError("--live and --cold exclude each other.");
            }
        });
        hyperV.Validate(command);
        return command;
    }

    /// <summary>In a dry run: what can be told of VM and destination without asking for it.</summary>
    static async Task CheckAsync(Run run, Guid id, StartMigrationRequest body)
    {
        if (!run.IsDryRun)
        {
            return;
        }

        VmState[] allowed = body.Policy?.Mode switch
        {
            MigrationMode.Live => [VmState.Running, VmState.Paused],
            MigrationMode.Cold => [VmState.Off],
            _ => [VmState.Running, VmState.Paused, VmState.Off],
        };
        await new VmAction("migrate", "", allowed, (_, _, _) => throw new InvalidOperationException("Only checked.")).CheckAsync(run, id);
        var vm = (await run.Api.GetVmAsync(id, cancellationToken: run.Cancelled)).Value;
        var host = (await run.Api.GetHostAsync(body.DestinationHostId, cancellationToken: run.Cancelled)).Value;
        var refusal = vm.HostId == host.Id ? $"VM '{vm.Name}' is on host '{host.Name}' already"
            : host.Maintenance is not null ? $"Host '{host.Name}' is in maintenance"
            : host.Status != "Online" ? $"Host '{host.Name}' is {host.Status}"
            : null;
        if (refusal is not null)
        {
            throw new CliException($"{refusal}. The platform would refuse it.", ExitCodes.Refused);
        }
    }

    static IReadOnlyList<ConvergenceStep>? Ladder(ArgumentResult result)
    {
        try
        {
            return LadderText.Parse(result.Tokens[0].Value);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
            return null;
        }
    }
}
