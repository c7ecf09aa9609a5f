using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv vm</c>: what reads a VM, and what says no more than which VM.</summary>
internal static class VmVerbs
{
    public static readonly string[] SortKeys = ["name", "state", "hostName", "memoryMiB", "vcpus", "changedAt"];

    public static Command Create(Cli cli) => Cli.Group("vm", "VMs: list, look at, start, stop, move, change.",
    [
        List(cli), Get(cli), HistoryVerbs.OfVm(cli), MetricVerbs.OfVm(cli), .. VmActions.All.Select(a => Action(cli, a)), MigrateVerb.Create(cli), PackageVerbs.Export(cli), PackageVerbs.Import(cli), Rename(cli),
        VmSettingsVerbs.Show(cli), VmSettingsVerbs.Set(cli), VmSettingsVerbs.Disk(cli), VmSettingsVerbs.Adapter(cli), CheckpointVerbs.Create(cli), KvpVerbs.Create(cli),
        VmFileVerbs.CopyFile(cli), VmFileVerbs.MoveStorage(cli), VmFileVerbs.Screenshot(cli), WaitFor(cli),
    ], "vms");

    static Command List(Cli cli)
    {
        var search = new Option<string?>("--search") { Description = "Text found in the name, an id, a MAC address or the host's name.", HelpName = "TEXT" };
        var name = new Option<string?>("--name") { Description = "Only VMs with this name.", HelpName = "NAME" };
        var state = new Option<VmState?>("--state") { Description = "Only VMs in this state: Running, Off, Paused, Saved, …", HelpName = "STATE" };
        var host = Completions.Dynamic(new Option<string?>("--host") { Description = "Only VMs on this host.", HelpName = "HOST" }, Completions.Hosts);
        var guestOs = new Option<string?>("--guest-os") { Description = "Text found in the guest's operating system.", HelpName = "TEXT" };
        var generation = new Option<long?>("--generation") { Description = "1 (BIOS) or 2 (UEFI).", HelpName = "N" };
        var secureBoot = new Option<bool?>("--secure-boot") { Description = "Only VMs with, or with false without." };
        var tpm = new Option<bool?>("--tpm") { Description = "Only VMs with a virtual TPM, or with false without." };
        var version = new Option<string?>("--vm-version") { Description = "Configuration version, for example 10.0.", HelpName = "VERSION" };
        var missing = new Option<bool?>("--missing") { Description = "Only VMs that no host reports any more, or with false only others." };
        var stale = new Option<bool?>("--stale") { Description = "Only VMs whose host does not report at present, or with false only others." };
        var deleted = new Option<bool?>("--deleted") { Description = "Deleted VMs instead." };
        var asOf = Instants.AsOf();
        var sort = new Option<string?>("--sort") { Description = $"{string.Join(", ", SortKeys)}; with a - before it from the end.", HelpName = "KEY" };
        sort.AcceptOnlyFromAmong([.. SortKeys, .. SortKeys.Select(k => $"-{k}")]);
        return cli.List("list", "Lists the VMs.", [search, name, state, host, guestOs, generation, secureBoot, tpm, version, missing, stale, deleted, asOf, sort], Tables.Vms, "There are no such VMs.",
            (run, limit) => Listing<VmSummary>.ReadAsync(
                (count, cursor) => run.Api.ListVmsAsync(
                    search: run.Get(search), name: run.Get(name), state: run.Get(state)?.ToString(), host: run.Get(host), guestOs: run.Get(guestOs), generation: run.Get(generation),
                    secureBoot: run.Get(secureBoot), tpm: run.Get(tpm), vmVersion: run.Get(version), missing: run.Get(missing), stale: run.Get(stale), deleted: run.Get(deleted), asOf: run.Get(asOf),
                    sort: run.Get(sort), limit: count, cursor: cursor, cancellationToken: run.Cancelled),
                limit));
    }

    static Command Get(Cli cli)
    {
        var (vm, asOf) = (Find.VmArgument(), Instants.AsOf());
        return cli.Verb("get", "Shows one VM: state, place, hardware, guest.", [vm, asOf], async run =>
        {
            var answer = await run.Api.GetVmAsync(await Find.VmAsync(run, run.Get(vm)), asOf: run.Get(asOf), cancellationToken: run.Cancelled);
            run.Print.One(answer.Json, answer.Value.Name, () => Details.Of(answer.Json));
            return ExitCodes.Done;
        });
    }

    static Command Action(Cli cli, VmAction action)
    {
        var vm = Find.VmArgument();
        var command = cli.Do(action.Verb, action.What, [vm], async run =>
        {
            var id = await Find.VmAsync(run, run.Get(vm));
            await action.CheckAsync(run, id);
            return await Follow.OperationAsync(run, await action.Send(run.Api, id, run.Cancelled));
        });
        foreach (var alias in action.Aliases)
        {
            command.Aliases.Add(alias);
        }

        return command;
    }

    static Command Rename(Cli cli)
    {
        var vm = Find.VmArgument();
        var name = new Argument<string>("NAME") { Description = "The new name." };
        return cli.Do("rename", "Gives a VM another name.", [vm, name], async run =>
            await Follow.OperationAsync(run, await run.Api.RenameVmAsync(await Find.VmAsync(run, run.Get(vm)), new() { Name = run.Get(name) }, cancellationToken: run.Cancelled)));
    }

    static Command WaitFor(Cli cli)
    {
        var vm = Find.VmArgument();
        var state = new Option<VmState>("--state") { Description = "The state to wait for.", HelpName = "STATE", DefaultValueFactory = _ => VmState.Running };
        var timeout = Durations.Option("--timeout", "Give up after this long (5m); exit code 124.");
        return cli.Verb("wait", "Returns when a VM is in a state.", [vm, state, timeout], async run =>
        {
            var id = await Find.VmAsync(run, run.Get(vm));
            await Follow.UntilAsync(
                run, run.Get(timeout) ?? TimeSpan.FromMinutes(5), () => run.Api.GetVmAsync(id, cancellationToken: run.Cancelled), v => v.Value.State == run.Get(state),
                v => Task.FromResult(new Progress($"{v.Value.Name} is {v.Value.State}")), id, $"`hv vm get {id}`");
            return ExitCodes.Done;
        });
    }
}
