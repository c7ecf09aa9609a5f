using System.CommandLine;
using System.Text.Json;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv inventory</c>: the whole fleet, now, then, and what has changed between two instants.</summary>
internal static class InventoryVerbs
{
    static readonly Table<DiffItem> s_diff = new(
        i => i.Name,
        new("CHANGE", i => $"{i.Change}"), new("KIND", i => $"{i.Kind}"), new("NAME", i => i.Name),
        new("WHAT", i => string.Join(", ", i.Fields.Select(f => $"{f.Field}: {Text(f.Before)} -> {Text(f.After)}"))), new("ID", i => $"{i.Id}", Wide: true));

    public static Command Create(Cli cli) => Cli.Group("inventory", "The whole fleet: in figures, as it was, and what has changed.", [Summary(cli), AsOf(cli), Diff(cli)]);

    static Command Summary(Cli cli)
    {
        var asOf = Instants.AsOf();
        return cli.Verb("summary", "The fleet in figures.", [asOf], run => PrintSummaryAsync(run, run.Get(asOf)));
    }

    static Command AsOf(Cli cli)
    {
        var at = new Argument<DateTimeOffset?>("INSTANT") { Description = "For example 2026-05-04T03:02:01Z, or a time ago such as 10m.", CustomParser = Instants.Parse };
        return cli.Verb("as-of", "The VMs as they were at an instant.", [at], async run =>
        {
            var vms = await Listing<VmSummary>.ReadAsync((limit, cursor) => run.Api.ListVmsAsync(asOf: run.Get(at), limit: limit, cursor: cursor, cancellationToken: run.Cancelled));
            run.Print.List(vms, Tables.Vms, "There were no VMs.");
            return ExitCodes.Done;
        });
    }

    static Command Diff(Cli cli)
    {
        var from = new Option<DateTimeOffset?>("--from") { Description = "The earlier instant: 2026-05-04T03:02:01Z, or a time ago such as 10m.", HelpName = "INSTANT", CustomParser = Instants.Parse, Required = true };
        var to = new Option<DateTimeOffset?>("--to") { Description = "The later instant; now if not given.", HelpName = "INSTANT", CustomParser = Instants.Parse };
        var kind = new Option<string?>("--kind") { Description = "Only Vm or Host." };
        kind.AcceptOnlyFromAmong("Vm", "Host");
        return cli.Verb("diff", "What has changed between two instants.", [from, to, kind], async run =>
        {
            var (earlier, later) = (run.Get(from), run.Get(to) ?? run.Host.Time.GetUtcNow());
            Answer<DiffView>? first = null;
            var items = await Listing<DiffItem>.ReadAsync(async (limit, cursor) =>
            {
                var page = await run.Api.GetDiffAsync(from: earlier, to: later, kind: run.Get(kind), limit: limit, cursor: cursor, cancellationToken: run.Cancelled);
                first ??= page;
                return page;
            });
            run.Print.List(items, s_diff, "Nothing has changed.");
            if (run.Print.IsTable && items.Items.Count > 0)
            {
                var s = first!.Value.Summary;
                run.Print.Note($"{s.Added} added, {s.Removed} removed, {s.Changed} changed, {s.Moved} moved between {Words.At(first.Value.From)} and {Words.At(first.Value.To)}.");
            }

            return ExitCodes.Done;
        });
    }

    static async Task<int> PrintSummaryAsync(Run run, DateTimeOffset? asOf)
    {
        var answer = await run.Api.GetFleetAsync(asOf: asOf, cancellationToken: run.Cancelled);
        var fleet = answer.Value;
        run.Print.One(answer.Json, "fleet", () =>
        [
            .. fleet.AsOf is { } at ? [$"as of        {Words.At(at)}"] : (string[])[],
            $"hosts        {fleet.Hosts.Total}: {fleet.Hosts.Online} online, {fleet.Hosts.Unreachable} unreachable, {fleet.Hosts.Maintenance} in maintenance",
            $"VMs          {fleet.Vms.Total}: {string.Join(", ", fleet.Vms.ByState.OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Value} {s.Key}"))}; {fleet.Vms.Missing} missing{(fleet.Vms.Simulated > 0 ? $"; {fleet.Vms.Simulated} simulated" : "")}",
            $"capacity     {fleet.Capacity.Cores} cores; {fleet.Capacity.MemoryAssignedMiB} of {fleet.Capacity.MemoryMiB} MiB assigned",
            $"operations   {fleet.Operations.Running} running, {fleet.Operations.InDoubt} in doubt; in the last hour {fleet.Operations.EndedLastHour} ended, {fleet.Operations.FailedLastHour} of them failed",
            $"alerts       {fleet.Alerts.Open} open{(fleet.Alerts.Open == 0 ? "" : $": {string.Join(", ", fleet.Alerts.BySeverity.Select(s => $"{s.Value} {s.Key}"))}; {fleet.Alerts.Unacknowledged} nobody looks after")}",
        ]);
        return ExitCodes.Done;
    }

    static string Text(JsonElement? value) => value is not { } json || json.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? "(none)" : json.ToString();
}
