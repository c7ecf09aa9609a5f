using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

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
            .Gives<WebhookView>(StatusCodes.Status200OK, "UpdateWebhook", "Change a webhook, pause it or let it go on.", 404, 412).Hears(CommandHeaders.OfChange);
        v1.MapDelete("/webhooks/{id}", DeleteAsync).Does("DeleteWebhook", "Webhooks", "Remove a webhook and all that waits for it.", 404, 412).Hears(CommandHeaders.OfChange);
        v1.MapPost("/webhooks/{id}/secret", ReplaceSecretAsync)
            .Gives<WebhookView>(StatusCodes.Status200OK, "ReplaceWebhookSecret", "Give a webhook a new secret, told in this answer only. For a day deliveries are signed with the old one too.", 404, 409, 412, 422).Hears(CommandHeaders.Parameters);
    }

    static async Task<IResult> UpdateAsync(string id, HttpContext http, WebhookStore store, AccessChange change, OrchestratorOptions options)
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

        return await change.RunAsync<WebhookChanged>(http, async (tx, headers, trail) =>
        {
            if (!(await FindAsync(tx, webhook, headers.IfMatch, http.RequestAborted)).Is(out _, out var why))
            {
                return why;
            }

            await store.ChangeAsync(tx, webhook, request, http.RequestAborted);
            var view = (await WebhookStore.LockAsync(tx, webhook, http.RequestAborted))!;
            http.Response.Headers.ETag = view.Etag();
            return new Changed<WebhookChanged>(ChangedTo(http, view, trail, secretReplaced: false), Results.Json(view, HvJson.Options));
        });
    }

    static async Task<IResult> DeleteAsync(string id, HttpContext http, AccessChange change)
    {
        if (!WebhookApi.TryRead(id, out var webhook, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await change.RunAsync<WebhookDeleted>(http, async (tx, headers, trail) =>
        {
            if (!(await FindAsync(tx, webhook, headers.IfMatch, http.RequestAborted)).Is(out var view, out var why))
            {
                return why;
            }

            await WebhookStore.DeleteAsync(tx, webhook, http.RequestAborted);
            return new Changed<WebhookDeleted>(
                new() { WebhookId = webhook, Url = WebhookApi.Public(view.Url), Trail = trail, Address = http.Address(), At = trail.RequestedAt }, Results.NoContent());
        });
    }

    static async Task<IResult> ReplaceSecretAsync(string id, HttpContext http, WebhookStore store, AccessChange change)
    {
        if (!WebhookApi.TryRead(id, out var webhook, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await change.MakeAsync<WebhookChanged, WebhookView>(http, null, StatusCodes.Status200OK, async (tx, trail) =>
        {
            var ifMatch = http.Request.Headers.IfMatch.ToString();
            if (!(await FindAsync(tx, webhook, ifMatch.Length == 0 ? null : ifMatch, http.RequestAborted)).Is(out _, out var why))
            {
                return why;
            }

            var secret = WebhookSignature.NewSecret();
            await store.ReplaceSecretAsync(tx, webhook, secret, http.RequestAborted);
            var view = (await WebhookStore.LockAsync(tx, webhook, http.RequestAborted))!;
            http.Response.Headers.ETag = view.Etag();
            return new Made<WebhookChanged, WebhookView>(ChangedTo(http, view, trail, secretReplaced: true), view with { Secret = secret }, $"/v1/webhooks/{webhook}", true);
        });
    }

    static async Task<Outcome<WebhookView>> FindAsync(HvTransaction tx, Guid webhook, string? ifMatch, CancellationToken cancellationToken) =>
        await WebhookStore.LockAsync(tx, webhook, cancellationToken) is not { } view ? WebhookApi.NotFound(webhook)
        : ifMatch is not null && !ETags.Matches(ifMatch, view.Etag()) ? Refusals.EtagMismatch(view.Etag())
        : view;

    static WebhookChanged ChangedTo(HttpContext http, WebhookView view, Trail trail, bool secretReplaced) => new()
    {
        WebhookId = view.Id,
        Url = WebhookApi.Public(view.Url),
        Types = view.Types,
        Paused = view.PausedAt is not null,
        SecretReplaced = secretReplaced,
        Trail = trail,
        Address = http.Address(),
        At = trail.RequestedAt,
    };
}
