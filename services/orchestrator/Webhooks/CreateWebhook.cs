using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Events;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>The body of <c>POST /v1/webhooks</c>.</summary>
internal sealed record CreateWebhookRequest
{
    /// <summary>Where deliveries are posted.</summary>
    public required string Url { get; init; }

    /// <summary>The event types wanted; empty for all.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Only events about this VM.</summary>
    public Guid? Vm { get; init; }

    /// <summary>Only events about this host.</summary>
    public Guid? Host { get; init; }

    /// <summary>A text for people.</summary>
    public string? Description { get; init; }
}

/// <summary><c>POST /v1/webhooks</c>: an endpoint that is told of everything from now on.</summary>
internal static class CreateWebhook
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/webhooks", HandleAsync)
        .Takes<CreateWebhookRequest>()
        .Gives<WebhookView>(StatusCodes.Status201Created, "CreateWebhook", "Have events posted to a URL from now on. The secret that signs them is in this answer only.", 409, 422).Hears(CommandHeaders.OfNew);

    static async Task<IResult> HandleAsync(HttpContext http, WebhookStore store, AccessChange change, EventFeed feed, OrchestratorOptions options)
    {
        if (!(await JsonBody.ReadAsync<CreateWebhookRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        if (WebhookApi.Check(request.Url, request.Types, request.Description, options.Webhooks) is { Count: > 0 } errors)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        return await change.MakeAsync<WebhookCreated, WebhookView>(http, request, StatusCodes.Status201Created, async (tx, trail) =>
        {
            var view = new WebhookView
            {
                Id = Guid.CreateVersion7(trail.RequestedAt),
                Url = WebhookApi.Stored(request.Url),
                Types = [.. request.Types.Distinct(StringComparer.Ordinal)],
                Vm = request.Vm,
                Host = request.Host,
                Description = request.Description,
                Secret = WebhookSignature.NewSecret(),
                Position = await feed.FindEndAsync(http.RequestAborted),
                Pending = 0,
                Dead = 0,
                CreatedBy = trail.RequestedBy,
                CreatedAt = trail.RequestedAt,
                UpdatedAt = trail.RequestedAt,
            };
            if (!await store.CreateAsync(tx, view, http.RequestAborted))
            {
                return Refusals.Of(
                    ErrorKind.Conflict, "too-many-webhooks", string.Create(CultureInfo.InvariantCulture, $"There are {options.Webhooks.Most} webhooks, the most there may be."), "Delete one, or raise the setting Orchestrator:Webhooks:Most.");
            }

            return new Made<WebhookCreated, WebhookView>(
                new() { WebhookId = view.Id, Url = WebhookApi.Public(view.Url), Types = view.Types, Vm = view.Vm, Host = view.Host, Trail = trail, Address = http.Address(), At = trail.RequestedAt },
                view, $"/v1/webhooks/{view.Id}", true);
        });
    }
}
