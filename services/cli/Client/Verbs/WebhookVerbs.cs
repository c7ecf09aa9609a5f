using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv webhook</c>: events sent to other systems.</summary>
internal static class WebhookVerbs
{
    static readonly Table<WebhookView> s_webhooks = new(
        w => $"{w.Id}",
        new("URL", w => w.Url), new("TYPES", w => w.Types.Count == 0 ? "all" : string.Join(',', w.Types)), new("WAITING", w => $"{w.Pending}"), new("GIVEN UP", w => $"{w.Dead}"),
        new("STATE", w => w.PausedAt is null ? "" : "paused"), new("ID", w => $"{w.Id}"), new("DESCRIPTION", w => w.Description ?? "", Wide: true), new("WHY PAUSED", w => w.PausedReason ?? "", Wide: true), new("MADE BY", w => w.CreatedBy, Wide: true));

    static readonly Table<WebhookDeliveryView> s_deliveries = new(
        d => $"{d.Id}",
        new("EVENT", d => d.Type), new("STATUS", d => $"{d.Status}"), new("ATTEMPTS", d => $"{d.Attempts}"), new("LAST", d => Words.At(d.LastAttemptAt)), new("NEXT", d => Words.At(d.NextAttemptAt)),
        new("ANSWER", d => d.LastStatus is { } status ? $"{status}" : d.LastError ?? ""), new("ID", d => $"{d.Id}"));

    public static Command Create(Cli cli) => Cli.Group("webhook", "Events sent to other systems.",
        [List(cli), Get(cli), Make(cli), Set(cli), Delete(cli), Test(cli), Deliveries(cli), Redeliver(cli)], "webhooks");

    static Command List(Cli cli) => cli.ListWhole<WebhookView, PageOfWebhookView>("Lists the webhooks; without their secrets.", s_webhooks, "There are no webhooks.", run => run.Api.ListWebhooksAsync(cancellationToken: run.Cancelled));

    static Command Get(Cli cli)
    {
        var id = Find.IdArgument("webhook");
        return cli.Verb("get", "Shows one webhook.", [id], async run =>
        {
            var answer = await run.Api.GetWebhookAsync(run.Get(id), cancellationToken: run.Cancelled);
            run.Print.One(answer.Json, $"{answer.Value.Id}", () => Details.Of(answer.Json));
            return ExitCodes.Done;
        });
    }

    static Command Make(Cli cli)
    {
        var url = new Argument<string>("URL") { Description = "Where events are posted to." };
        var types = new Option<string[]>("--type") { Description = "Only these events; may be given several times. All if not given.", HelpName = "TYPE" };
        var vm = Completions.Dynamic(new Option<string?>("--vm") { Description = "Only about this VM.", HelpName = "VM" }, Completions.Vms);
        var host = Completions.Dynamic(new Option<string?>("--host") { Description = "Only about this host.", HelpName = "HOST" }, Completions.Hosts);
        var description = new Option<string?>("--description") { Description = "What it is for.", HelpName = "TEXT" };
        return cli.Do("create", "Makes a webhook. Standard output is its secret, which is told only now and signs every delivery.", [url, types, vm, host, description], async run =>
        {
            var made = await run.Api.CreateWebhookAsync(new()
            {
                Url = run.Get(url),
                Types = run.Get(types) is { Length: > 0 } given ? given : null,
                Vm = run.Get(vm) is { } vmName ? await Find.VmAsync(run, vmName) : null,
                Host = run.Get(host) is { } hostName ? await Find.HostAsync(run, hostName) : null,
                Description = run.Get(description),
            }, cancellationToken: run.Cancelled);
            run.Print.One(made.Json, $"{made.Value.Id}", () => [made.Value.Secret ?? ""]);
            run.Print.Note($"Webhook {made.Value.Id}. Its secret is not shown again.");
            return ExitCodes.Done;
        });
    }

    static Command Set(Cli cli)
    {
        var id = Find.IdArgument("webhook");
        var address = new Option<string?>("--to") { Description = "Another address.", HelpName = "URL" };
        var types = new Option<string[]>("--type") { Description = "Only these events from now on.", HelpName = "TYPE" };
        var paused = new Option<bool?>("--paused") { Description = "Send nothing for now; with false go on." };
        return cli.Do("set", "Changes a webhook: what is given.", [id, address, types, paused], async run =>
        {
            var body = new UpdateWebhookRequest { Url = run.Get(address), Types = run.Get(types) is { Length: > 0 } given ? given : null, Paused = run.Get(paused) };
            var answer = await run.Api.UpdateWebhookAsync(run.Get(id), body, cancellationToken: run.Cancelled);
            run.Print.One(answer.Json, $"{answer.Value.Id}", () => Details.Of(answer.Json));
            return ExitCodes.Done;
        });
    }

    static Command Delete(Cli cli) => cli.Delete("Removes a webhook.", "webhook", (run, id) => run.Api.DeleteWebhookAsync(id, cancellationToken: run.Cancelled), "is removed.");

    static Command Test(Cli cli)
    {
        var id = Find.IdArgument("webhook");
        return cli.Do("test", "Sends a test event.", [id], async run => Show(run, await run.Api.TestWebhookAsync(run.Get(id), cancellationToken: run.Cancelled)));
    }

    static Command Deliveries(Cli cli)
    {
        var id = Find.IdArgument("webhook");
        var status = new Option<string?>("--status") { Description = "Pending, Delivered or Dead (given up)." };
        status.AcceptOnlyFromAmong("Pending", "Delivered", "Dead");
        return cli.List("deliveries", "Lists what was sent, waits or was given up.", [id, status], s_deliveries, "There are no such deliveries.", (run, limit) => Listing<WebhookDeliveryView>.ReadAsync(
            (count, cursor) => run.Api.ListWebhookDeliveriesAsync(run.Get(id), status: run.Get(status), limit: count, cursor: cursor, cancellationToken: run.Cancelled), limit));
    }

    static Command Redeliver(Cli cli)
    {
        var id = Find.IdArgument("webhook");
        var delivery = new Argument<Guid>("DELIVERY") { Description = "The delivery's id (hv webhook deliveries)." };
        return cli.Do("redeliver", "Sends a delivery that was given up once more.", [id, delivery], async run =>
            Show(run, await run.Api.RedeliverWebhookDeliveryAsync(run.Get(id), run.Get(delivery), cancellationToken: run.Cancelled)));
    }

    static int Show(Run run, Answer<WebhookDeliveryView> answer)
    {
        run.Print.One(answer.Json, $"{answer.Value.Id}", () => s_deliveries.Lines([answer.Value], run.Print.IsWide, run.Print.HasHeaders));
        return ExitCodes.Done;
    }
}
