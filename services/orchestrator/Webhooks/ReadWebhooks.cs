using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary><c>GET /v1/webhooks</c> and <c>GET /v1/webhooks/{id}</c>.</summary>
internal static class ReadWebhooks
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/webhooks", async (HttpContext http, WebhookStore store) => Resources.Ok(new Page<WebhookView> { Items = await store.ListAsync(http.RequestAborted) }))
            .Reads<Page<WebhookView>>("ListWebhooks", "Webhooks", "List the webhooks, newest first; without their secrets.");
        v1.MapGet("/webhooks/{id}", GetAsync).Reads<WebhookView>("GetWebhook", "Webhooks", "A webhook, and what waits for it.", null, 404);
    }

    static async Task<IResult> GetAsync(string id, HttpContext http, WebhookStore store)
    {
        if (!WebhookApi.TryRead(id, out var webhook, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await store.FindAsync(webhook, http.RequestAborted) is { } view ? Resources.Single(http, view, view.Etag()) : Problems.Result(http, WebhookApi.NotFound(webhook));
    }
}
