using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>The body of <c>PATCH /v1/webhooks/{id}</c>: what is given is changed.</summary>
internal sealed record UpdateWebhookRequest
{
    /// <summary>Where deliveries are posted.</summary>
    public string? Url { get; init; }

    /// <summary>The event types wanted; empty for all.</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>A text for people.</summary>
    public string? Description { get; init; }

    /// <summary>True: nothing is posted. False: it goes on from where it was.</summary>
    public bool? Paused { get; init; }
}

/// <summary><c>PATCH</c> and <c>DELETE /v1/webhooks/{id}</c>, and <c>POST /v1/webhooks/{id}/secret</c>.</summary>
internal static class ChangeWebhook
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPatch("/webhooks/{id}", UpdateAsync).Takes<UpdateWebhookRequest>()
            .Gives<WebhookView>(StatusCodes.Status200OK, "UpdateWebhook", "Change a webhook, pause it or let it go on.", 404);
        v1.MapDelete("/webhooks/{id}", DeleteAsync).Does("DeleteWebhook", "Webhooks", "Remove a webhook and all that waits for it.", 404);
        v1.MapPost("/webhooks/{id}/secret", ReplaceSecretAsync)
            .Gives<WebhookView>(StatusCodes.Status200OK, "ReplaceWebhookSecret", "Give a webhook a new secret, told in this answer only. For a day deliveries are signed with the old one too.", 404);
    }

    static async Task<IResult> UpdateAsync(string id, HttpContext http, WebhookStore store, OrchestratorOptions options)
    {
        if (!WebhookApi.TryRead(id, out var webhook, out var wrongId))
        {
            return Problems.Result(http, wrongId);
        }

        if (!(await JsonBody.ReadAsync<UpdateWebhookRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        if (WebhookApi.Check(request.Url, request.Types, request.Description, options.Webhooks) is { Count: > 0 } errors)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        await store.ChangeAsync(webhook, request, http.RequestAborted);
        return await AnswerAsync(http, store, webhook, null);
    }

    static async Task<IResult> DeleteAsync(string id, HttpContext http, WebhookStore store) =>
        !WebhookApi.TryRead(id, out var webhook, out var refusal) ? Problems.Result(http, refusal)
        : await store.DeleteAsync(webhook, http.RequestAborted) ? Results.NoContent() : Problems.Result(http, WebhookApi.NotFound(webhook));

    static async Task<IResult> ReplaceSecretAsync(string id, HttpContext http, WebhookStore store)
    {
        if (!WebhookApi.TryRead(id, out var webhook, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var secret = WebhookSignature.NewSecret();
        http.Response.Headers.CacheControl = "no-store";
        return await store.ReplaceSecretAsync(webhook, secret, http.RequestAborted) ? await AnswerAsync(http, store, webhook, secret) : Problems.Result(http, WebhookApi.NotFound(webhook));
    }

    static async Task<IResult> AnswerAsync(HttpContext http, WebhookStore store, Guid webhook, string? secret) =>
        await store.FindAsync(webhook, http.RequestAborted) is { } view ? Results.Json(view with { Secret = secret }, HvJson.Options) : Problems.Result(http, WebhookApi.NotFound(webhook));
}
