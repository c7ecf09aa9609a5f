using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv alert</c>.</summary>
internal static class AlertVerbs
{
    static readonly Table<AlertView> s_table = new(
        a => $"{a.Id}",
        new("SEVERITY", a => $"{a.Severity}"), new("SUBJECT", a => a.SubjectName is { } name ? $"{a.SubjectKind} {name}" : $"{a.SubjectKind}"), new("MESSAGE", a => a.Message), new("RAISED", a => Words.At(a.RaisedAt)),
        new("STATE", a => a.ClearedAt is not null ? "cleared" : a.AcknowledgedBy is { } by ? $"looked after by {by}" : ""), new("ID", a => $"{a.Id}"), new("ADVICE", a => AdviceText.Translate(a.Advice), Wide: true));

    public static Command Create(Cli cli)
    {
        var open = new Option<bool>("--open") { Description = "Only those that have not cleared." };
        var id = Find.IdArgument("alert");
        return Cli.Group("alert", "What needs somebody.",
        [
            cli.List("list", "Lists the alerts, newest first.", [open], s_table, "There are no such alerts.", (run, limit) => Listing<AlertView>.ReadAsync(
                (count, cursor) => run.Api.ListAlertsAsync(open: run.Get(open) ? true : null, limit: count, cursor: cursor, cancellationToken: run.Cancelled), limit)),
            cli.Do("acknowledge", "Says that you look after an alert.", [id], async run =>
            {
                var answer = await run.Api.AcknowledgeAlertAsync(run.Get(id), cancellationToken: run.Cancelled);
                run.Print.One(answer.Json, $"{answer.Value.Id}", () => s_table.Lines([answer.Value], run.Print.IsWide, run.Print.HasHeaders));
                return ExitCodes.Done;
            }),
        ], "alerts");
    }
}
