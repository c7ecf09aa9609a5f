using System.CommandLine;
using System.Text.Json;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv host evacuate</c> and <c>hv evacuation</c>. Exit code 1 if a VM is left behind.</summary>
internal static class EvacuationVerbs
{
    public static Command Create(Cli cli) => Cli.Group("evacuation", "Evacuations of hosts: follow, pause, cancel.",
    [
        List(cli), Get(cli), Watch(cli),
        Change(cli, "pause", "Starts no further move; those on their way go on.", (api, id, ct) => api.PauseEvacuationAsync(id, cancellationToken: ct)),
        Change(cli, "resume", "Goes on after a pause.", (api, id, ct) => api.ResumeEvacuationAsync(id, cancellationToken: ct)),
        Cancel(cli),
    ], "evacuations");

    /// <summary><c>hv host evacuate HOST</c>.</summary>
    public static Command Evacuate(Cli cli)
    {
        var host = Find.HostArgument();
        var concurrency = new Option<int?>("--concurrency") { Description = "Most moves at a time (2).", HelpName = "N" };
        var attempts = new Option<int?>("--attempts") { Description = "How often each VM is tried (3).", HelpName = "N" };
        var to = new Option<string[]>("--to") { Description = "A host that may take VMs; may be given several times. All if not given.", AllowMultipleArgumentsPerToken = true, HelpName = "HOST" };
        var order = new Option<EvacuationOrder?>("--order") { Description = "SmallestFirst (the default), LargestFirst or ByName.", HelpName = "ORDER" };
        return cli.DoWithOwnDryRun("evacuate", "Puts a host into maintenance and moves every VM away. With --dry-run shows the plan.", [host, concurrency, attempts, to, order], async run =>
        {
            var id = await Find.HostAsync(run, run.Get(host));
            var destinations = new List<Guid>();
            foreach (var name in run.Get(to) ?? [])
            {
                destinations.Add(await Find.HostAsync(run, name));
            }

            var answer = await run.Api.StartEvacuationAsync(id, new()
            {
                DryRun = run.IsDryRun,
                MaxConcurrent = run.Get(concurrency),
                MaxAttempts = run.Get(attempts),
                Order = run.Get(order),
                DestinationHostIds = destinations.Count == 0 ? null : destinations,
            }, cancellationToken: run.Cancelled);
            return run.IsDryRun ? Plan(run, answer) : await ShowAsync(run, answer.Read(ApiTypes.ToEvacuationView), answer.Json);
        });
    }

    static Command List(Cli cli)
    {
        var open = new Option<bool>("--open") { Description = "Only those that have not ended." };
        var host = Completions.Dynamic(new Option<string?>("--host") { Description = "Only of this host.", HelpName = "HOST" }, Completions.Hosts);
        var asOf = Instants.AsOf();
        return cli.List("list", "Lists evacuations, newest first.", [open, host, asOf], Tables.Evacuations, "There are no such evacuations.", async (run, limit) =>
        {
            Guid? of = run.Get(host) is { } name ? await Find.HostAsync(run, name) : null;
            return await Listing<EvacuationView>.ReadAsync(
                (count, cursor) => run.Api.ListEvacuationsAsync(host: of, open: run.Get(open) ? true : null, asOf: run.Get(asOf), limit: count, cursor: cursor, cancellationToken: run.Cancelled), limit);
        });
    }

    static Command Get(Cli cli)
    {
        var id = Find.IdArgument("evacuation", Completions.Evacuations);
        var asOf = Instants.AsOf();
        return cli.Verb("get", "Shows one evacuation: progress, each VM, reasons.", [id, asOf], async run =>
        {
            var answer = await run.Api.GetEvacuationAsync(run.Get(id), asOf: run.Get(asOf), cancellationToken: run.Cancelled);
            return Print(run, answer.Value, answer.Json);
        });
    }

    static Command Watch(Cli cli)
    {
        var id = Find.IdArgument("evacuation", Completions.Evacuations);
        return cli.Verb("watch", "Shows an evacuation's progress until it has ended.", [id], async run => await ToTheEndAsync(run, run.Get(id), Timeout.InfiniteTimeSpan));
    }

    static Command Cancel(Cli cli)
    {
        var id = Find.IdArgument("evacuation", Completions.Evacuations);
        var moves = new Option<bool>("--moves") { Description = "Cancel the moves on their way too." };
        return cli.Do("cancel", "Ends an evacuation when the moves on their way have ended.", [id, moves], async run =>
        {
            var answer = await run.Api.CancelEvacuationAsync(run.Get(id), cancelMoves: run.Get(moves) ? true : null, cancellationToken: run.Cancelled);
            return await ShowAsync(run, answer.Value, answer.Json);
        });
    }

    static Command Change(Cli cli, string name, string what, Func<HvApiClient, Guid, CancellationToken, Task<Answer<EvacuationView>>> change)
    {
        var id = Find.IdArgument("evacuation", Completions.Evacuations);
        return cli.Do(name, what, [id], async run =>
        {
            var answer = await change(run.Api, run.Get(id), run.Cancelled);
            return await ShowAsync(run, answer.Value, answer.Json);
        });
    }

    static Task<int> ShowAsync(Run run, EvacuationView evacuation, JsonElement json) =>
        run.Wait is { } wait ? ToTheEndAsync(run, evacuation.Id, wait) : Task.FromResult(Print(run, evacuation, json));

    static async Task<int> ToTheEndAsync(Run run, Guid id, TimeSpan wait)
    {
        var end = await Follow.UntilAsync(
            run, wait, () => run.Api.GetEvacuationAsync(id, cancellationToken: run.Cancelled), e => IsFinal(e.Value.Status), e => Task.FromResult(Of(e.Value)), vm: null,
            $"`hv evacuation watch {id}`; to end it `hv evacuation cancel {id}`");
        return Print(run, end.Value, end.Json);
    }

    static int Print(Run run, EvacuationView evacuation, JsonElement json)
    {
        run.Print.One(json, $"{evacuation.Id}", () => [Details.Line(evacuation), .. Tables.EvacuationVms.Lines(evacuation.Vms, run.Print.IsWide, run.Print.HasHeaders)]);
        return evacuation.Status is EvacuationStatus.CompletedWithFailures or EvacuationStatus.Cancelled ? ExitCodes.Failed : ExitCodes.Done;
    }

    static Progress Of(EvacuationView e) => new(
        $"{e.Status}: {e.Moved}/{e.Total} moved, {e.Moving} moving, {e.Failed} failed{(e.Blocked is { } why ? $"; {why.Message}" : "")}",
        e.Total == 0 ? null : 100.0 * (e.Total - e.Waiting - e.Moving) / e.Total, e.EtaMs is { } left ? $"about {Words.Ms(left)} left" : "");

    static int Plan(Run run, Answer answer)
    {
        var plan = answer.Read(ApiTypes.ToEvacuationPlanView);
        run.Print.One(answer.Json, plan.HostName, () => Tables.PlannedMoves.Lines(plan.Moves, run.Print.IsWide, run.Print.HasHeaders));
        foreach (var vm in run.Print.IsTable ? plan.CannotMove : [])
        {
            run.Host.Error.WriteLine($"{vm.VmName} would be left: {vm.Error.Message}");
        }

        return plan.CannotMove.Count > 0 ? ExitCodes.Failed : ExitCodes.Done;
    }

    static bool IsFinal(EvacuationStatus status) => status is EvacuationStatus.Completed or EvacuationStatus.CompletedWithFailures or EvacuationStatus.Cancelled;
}
