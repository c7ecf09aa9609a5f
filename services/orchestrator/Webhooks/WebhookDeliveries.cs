using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary><c>/v1/webhooks/{id}/deliveries</c>: what was posted, what waits, what was given up; a test; sending one again.</summary>
internal static class WebhookDeliveries
{
    static readonly IReadOnlyList<QueryParameter> s_parameters =
    [
        new("status", "Only deliveries that stand so.") { Values = Enum.GetNames<WebhookDeliveryStatus>() },
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/webhooks/{id}/deliveries", ListAsync)
            .Reads<Page<WebhookDeliveryView>>("ListWebhookDeliveries", "Webhooks", "List a webhook's deliveries, newest first. Dead is the list of those that were given up.", s_parameters, 404);
        v1.MapPost("/webhooks/{id}/test", TestAsync)
            .Gives<WebhookDeliveryView>(StatusCodes.Status202Accepted, "TestWebhook", "Post a test to a webhook; a paused one gets it when it goes on.", 404, 422).Hears(CommandHeaders.OfNew);
        v1.MapPost("/webhooks/{id}/deliveries/{deliveryId}/redeliver", RedeliverAsync)
            .Gives<WebhookDeliveryView>(StatusCodes.Status202Accepted, "RedeliverWebhookDelivery", "Post a delivery once more, dead or delivered, with the same id and body.", 404, 422).Hears(CommandHeaders.OfNew);
    }

    static async Task<IResult> ListAsync(string id, HttpContext http, WebhookStore store, OrchestratorOptions options)
    {
        if (!WebhookApi.TryRead(id, out var webhook, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        var query = new QueryReader(http);
        var status = query.Names("status", Enum.GetNames<WebhookDeliveryStatus>()).FirstOrDefault();
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        if (await store.FindAsync(webhook, http.RequestAborted) is null)
        {
            return Problems.Result(http, WebhookApi.NotFound(webhook));
        }

        var rows = await store.ListDeliveriesAsync(webhook, status, cursor?.Id, limit, http.RequestAborted);
        return Resources.Ok(PageParameters.Cut(http, [.. rows.Select(d => (d, "", d.Id))], limit));
    }

    static async Task<IResult> TestAsync(string id, HttpContext http, WebhookStore store, CommandPipeline pipeline)
    {
        if (!WebhookApi.TryRead(id, out var webhook, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await pipeline.RunAsync<WebhookDeliveryView>(
            http, null,
            async (tx, _) => await WebhookStore.LockAsync(tx.Inner, webhook, http.RequestAborted) is null ? WebhookApi.NotFound(webhook) : await store.AddTestAsync(tx.Inner, webhook, http.RequestAborted),
            _ => Deliveries(webhook));
    }

    static async Task<IResult> RedeliverAsync(string id, string deliveryId, HttpContext http, WebhookStore store, CommandPipeline pipeline)
    {
        if (!WebhookApi.TryRead(id, out var webhook, out var refusal) || !WebhookApi.TryRead(deliveryId, out var delivery, out refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await pipeline.RunAsync<WebhookDeliveryView>(
            http, null,
            async (tx, _) => await store.RedeliverAsync(tx.Inner, webhook, delivery, http.RequestAborted) is { } view ? view : WebhookApi.NoDelivery(webhook, delivery),
            _ => Deliveries(webhook));
    }

    static string Deliveries(Guid webhook) => $"/v1/webhooks/{webhook}/deliveries";
}
