using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv operation</c>.</summary>
internal static class OperationVerbs
{
    public static Command Create(Cli cli) =>
        Cli.Group("operation", "Operations: every request that was accepted.", [List(cli), Get(cli), HistoryVerbs.OfOperation(cli, "operation"), Watch(cli), Cancel(cli), Resolve(cli)], "operations");

    static Command List(Cli cli)
    {
        var open = new Option<bool>("--open") { Description = "Only those that have not ended." };
        var kind = new Option<OperationKind?>("--kind") { Description = "Only of this kind, for example MigrateVm.", HelpName = "KIND" };
        var status = new Option<OperationStatus?>("--status") { Description = "Accepted, Running, InDoubt, Succeeded, RolledBack, Cancelled or Failed.", HelpName = "STATUS" };
        var vm = Completions.Dynamic(new Option<string?>("--vm") { Description = "Only of this VM.", HelpName = "VM" }, Completions.Vms);
        var host = Completions.Dynamic(new Option<string?>("--host") { Description = "Only on this host.", HelpName = "HOST" }, Completions.Hosts);
        var asOf = Instants.AsOf();
        return cli.List("list", "Lists the operations, newest first.", [open, kind, status, vm, host, asOf], Tables.Operations, "There are no such operations.", async (run, limit) =>
        {
            Guid? ofVm = run.Get(vm) is { } vmName ? await Find.VmAsync(run, vmName) : null;
            Guid? ofHost = run.Get(host) is { } hostName ? await Find.HostAsync(run, hostName) : null;
            return await Listing<OperationView>.ReadAsync(
                (count, cursor) => run.Api.ListOperationsAsync(
                    kind: run.Get(kind)?.ToString(), vm: ofVm, host: ofHost, status: run.Get(status)?.ToString(), open: run.Get(open) ? true : null, asOf: run.Get(asOf), limit: count, cursor: cursor,
                    cancellationToken: run.Cancelled),
                limit);
        });
    }

    static Command Get(Cli cli)
    {
        var id = Find.IdArgument("operation", Completions.Operations);
        var asOf = Instants.AsOf();
        return cli.Verb("get", "Shows one operation.", [id, asOf], async run =>
        {
            var answer = await run.Api.GetOperationAsync(run.Get(id), asOf: run.Get(asOf), cancellationToken: run.Cancelled);
            run.Print.One(answer.Json, $"{answer.Value.Id}", () => Details.Of(answer.Json));
            return ExitCodes.Done;
        });
    }

    static Command Watch(Cli cli)
    {
        var id = Find.IdArgument("operation", Completions.Operations);
        return cli.Verb("watch", "Shows an operation's progress until it has ended. Exit code 1 if it did not succeed.", [id], async run =>
        {
            var now = await run.Api.GetOperationAsync(run.Get(id), cancellationToken: run.Cancelled);
            using var waiting = run.Waiting(Timeout.InfiniteTimeSpan);
            return await Follow.OperationAsync(waiting, now, atEnd: PackageVerbs.HowToImport);
        });
    }

    static Command Cancel(Cli cli)
    {
        var id = Find.IdArgument("operation", Completions.Operations);
        return cli.Do("cancel", "Asks for an export or import to be undone. With --wait, exit code 1 if it was not undone.", [id], async run =>
            await Follow.OperationAsync(run, await run.Api.CancelOperationAsync(run.Get(id), cancellationToken: run.Cancelled), OperationStatus.Cancelled));
    }

    static Command Resolve(Cli cli)
    {
        var id = Find.IdArgument("operation", Completions.Operations);
        var was = new Option<string>("--it-is") { Description = "done or not-done, as you have made sure on the host.", Required = true };
        was.AcceptOnlyFromAmong("done", "not-done");
        return cli.Do("resolve", "Ends an export or import in doubt by your word, when its host will not answer any more. --reason says how you know.", [id, was], async run =>
        {
            var reason = run.Reason ?? throw new CliException("--reason is needed: how you know; it is kept with the operation and your name.", ExitCodes.Usage);
            var body = new ResolvePackageRequest { Resolution = run.Get(was) == "done" ? PackageResolution.Done : PackageResolution.NotDone, Reason = reason };
            return await Follow.OperationAsync(run, await run.Api.ResolveOperationAsync(run.Get(id), body, cancellationToken: run.Cancelled));
        });
    }
}
