using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv vm|host|operation|migration history</c>: event streams, oldest first.</summary>
internal static class HistoryVerbs
{
    public static Command OfVm(Cli cli)
    {
        var vm = Find.VmArgument();
        return Create(cli, "Everything that ever happened to a VM, oldest first.", vm, async run =>
        {
            var id = await Find.VmAsync(run, run.Get(vm));
            return (range, limit, cursor) => run.Api.GetVmHistoryAsync(id, from: range.From, to: range.To, asOf: range.AsOf, limit: limit, cursor: cursor, cancellationToken: run.Cancelled);
        });
    }

    public static Command OfHost(Cli cli)
    {
        var host = Find.HostArgument();
        return Create(cli, "Everything that ever happened to a host, oldest first.", host, async run =>
        {
            var id = await Find.HostAsync(run, run.Get(host));
            return (range, limit, cursor) => run.Api.GetHostHistoryAsync(id, from: range.From, to: range.To, asOf: range.AsOf, limit: limit, cursor: cursor, cancellationToken: run.Cancelled);
        });
    }

    /// <param name="cli">The run.</param>
    /// <param name="what">operation or migration.</param>
    public static Command OfOperation(Cli cli, string what)
    {
        var id = Find.IdArgument(what, what == "migration" ? Completions.Migrations : Completions.Operations);
        return Create(cli, $"Every step of {(what == "migration" ? "a migration" : "an operation")}, with its cause, oldest first.", id, run =>
            Task.FromResult<Func<Span, int, string?, Task<Answer<PageOfHistoryEvent>>>>((range, limit, cursor) =>
                run.Api.GetOperationHistoryAsync(run.Get(id), from: range.From, to: range.To, asOf: range.AsOf, limit: limit, cursor: cursor, cancellationToken: run.Cancelled)));
    }

    static Command Create(Cli cli, string what, Argument subject, Func<Run, Task<Func<Span, int, string?, Task<Answer<PageOfHistoryEvent>>>>> reader)
    {
        var from = new Option<DateTimeOffset?>("--from") { Description = "Only from this instant on: 2026-05-04T03:02:01Z, or a time ago such as 10m.", HelpName = "INSTANT", CustomParser = Instants.Parse };
        var to = new Option<DateTimeOffset?>("--to") { Description = "Only up to this instant.", HelpName = "INSTANT", CustomParser = Instants.Parse };
        var asOf = Instants.AsOf();
        return cli.List("history", what, [subject, from, to, asOf], Tables.History, "Nothing is known of that time.", async (run, limit) =>
        {
            var read = await reader(run);
            return await Listing<HistoryEvent>.ReadAsync((count, cursor) => read(new(run.Get(from), run.Get(to), run.Get(asOf)), count, cursor), limit);
        });
    }

    readonly record struct Span(DateTimeOffset? From, DateTimeOffset? To, DateTimeOffset? AsOf);
}
