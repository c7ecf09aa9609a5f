using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv migration</c>.</summary>
internal static class MigrationVerbs
{
    public static Command Create(Cli cli) =>
        Cli.Group("migration", "Migrations: list, follow, undo.", [List(cli), Get(cli), HistoryVerbs.OfOperation(cli, "migration"), MetricVerbs.OfMigration(cli), Watch(cli), Cancel(cli), Resolve(cli)], "migrations");

    static Command List(Cli cli)
    {
        var open = new Option<bool>("--open") { Description = "Only those that have not ended." };
        var status = new Option<OperationStatus?>("--status") { Description = "Accepted, Running, InDoubt, Succeeded, RolledBack, Cancelled or Failed.", HelpName = "STATUS" };
        var vm = Completions.Dynamic(new Option<string?>("--vm") { Description = "Only of this VM.", HelpName = "VM" }, Completions.Vms);
        var host = Completions.Dynamic(new Option<string?>("--host") { Description = "Only from or to this host.", HelpName = "HOST" }, Completions.Hosts);
        var asOf = Instants.AsOf();
        return cli.List("list", "Lists the migrations, newest first.", [open, status, vm, host, asOf], Tables.Migrations, "There are no such migrations.", async (run, limit) =>
        {
            Guid? ofVm = run.Get(vm) is { } vmName ? await Find.VmAsync(run, vmName) : null;
            Guid? ofHost = run.Get(host) is { } hostName ? await Find.HostAsync(run, hostName) : null;
            return await Listing<MigrationView>.ReadAsync(
                (count, cursor) => run.Api.ListMigrationsAsync(
                    vm: ofVm, host: ofHost, status: run.Get(status)?.ToString(), open: run.Get(open) ? true : null, asOf: run.Get(asOf), limit: count, cursor: cursor, cancellationToken: run.Cancelled), limit);
        });
    }

    static Command Get(Cli cli)
    {
        var id = Find.IdArgument("migration", Completions.Migrations);
        var asOf = Instants.AsOf();
        return cli.Verb("get", "Shows one migration.", [id, asOf], async run =>
        {
            Print(run, await run.Api.GetMigrationAsync(run.Get(id), asOf: run.Get(asOf), cancellationToken: run.Cancelled));
            return ExitCodes.Done;
        });
    }

    static Command Watch(Cli cli)
    {
        var id = Find.IdArgument("migration", Completions.Migrations);
        return cli.Verb("watch", "Shows a migration's progress until it has ended: phase, throughput, time left. Exit code 1 if it did not succeed.", [id], async run =>
        {
            var end = await Follow.UntilAsync(
                run, Timeout.InfiniteTimeSpan, () => run.Api.GetMigrationAsync(run.Get(id), cancellationToken: run.Cancelled), m => Follow.IsFinal(m.Value.Status),
                m => Task.FromResult(Follow.Of(m.Value)), vm: null, $"`hv migration watch {run.Get(id)}`; to have it undone `hv migration cancel {run.Get(id)}`");
            Print(run, end);
            return end.Value.Status == OperationStatus.Succeeded ? ExitCodes.Done : ExitCodes.Failed;
        });
    }

    static Command Cancel(Cli cli)
    {
        var id = Find.IdArgument("migration", Completions.Migrations);
        return cli.Do("cancel", "Asks for a migration to be undone. It may have come too far: with --wait, exit code 1 if it was not undone.", [id], async run =>
            await Follow.OperationAsync(run, await run.Api.CancelMigrationAsync(run.Get(id), cancellationToken: run.Cancelled), OperationStatus.Cancelled));
    }

    static Command Resolve(Cli cli)
    {
        var id = Find.IdArgument("migration", Completions.Migrations);
        var where = new Option<string>("--vm-is-on") { Description = "Where the VM is, and nowhere else: source, destination or neither.", Required = true };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        where.AcceptOnlyFromAmong("source", "destination", "neither");
        return cli.Do("resolve", "Ends a migration in doubt by your word, when a host will not answer any more. --reason says how you know.", [id, where, yes], async run =>
        {
            var reason = run.Reason ?? throw new CliException("--reason is needed: how you know; it is kept in the history with your name.", ExitCodes.Usage);
            var migration = (await run.Api.GetMigrationAsync(run.Get(id), cancellationToken: run.Cancelled)).Value;
            if (migration.Status != OperationStatus.InDoubt)
            {
                throw new CliException($"{string.Join('\n', Details.Of(migration))}\nIt is not in doubt: nothing has to be asserted.", ExitCodes.Refused);
            }

            if (!run.Get(yes) && !run.IsDryRun && !Confirmed(run.Host, migration, run.Get(where)))
            {
                return ExitCodes.Usage;
            }

            var resolution = run.Get(where) switch { "source" => MigrationResolution.OnSource, "destination" => MigrationResolution.OnDestination, _ => MigrationResolution.OnNeither };
            return await Follow.OperationAsync(run, await run.Api.ResolveMigrationAsync(run.Get(id), new() { Resolution = resolution, Reason = reason }, cancellationToken: run.Cancelled));
        });
    }

    static void Print(Run run, Answer<MigrationView> answer) => run.Print.One(answer.Json, $"{answer.Value.Id}", () => Details.Of(answer.Value));

    /// <summary>Shows what is not known and asks; nobody to ask means no.</summary>
    static bool Confirmed(CliHost host, MigrationView migration, string where)
    {
        host.Error.WriteLine(string.Join('\n', Details.Of(migration)));
        host.Error.WriteLine(where switch
        {
            "source" => $"You say that the VM is on {migration.SourceHostName} and certainly NOT on {migration.DestinationHostName}.",
            "destination" => $"You say that the VM is on {migration.DestinationHostName} and certainly NOT on {migration.SourceHostName}.",
            _ => "You say that the VM runs on neither host.",
        });
        host.Error.WriteLine("If that is wrong, two copies may run and destroy the VM's disks. Look on both hosts (or make sure that the silent one is off) before you go on.");
        if (!host.IsInteractive)
        {
            host.Error.WriteLine("Nobody can be asked here: add --yes.");
            return false;
        }

        host.Error.Write("Type the VM's name to go on: ");
        if (host.In.ReadLine()?.Trim() == migration.VmName)
        {
            return true;
        }

        host.Error.WriteLine("Nothing was done.");
        return false;
    }
}
