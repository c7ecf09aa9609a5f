using System.Diagnostics.CodeAnalysis;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Events;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>What the endpoints of <c>/v1/webhooks</c> have in common. They need an Admin of everything: an endpoint is told of all that happens.</summary>
internal static class WebhookApi
{
    const int MostTypes = 200;
    const int LongestDescription = 500;

    /// <summary>Every one of them.</summary>
    public static void Map(RouteGroupBuilder v1)
    {
        ReadWebhooks.Map(v1);
        CreateWebhook.Map(v1);
        ChangeWebhook.Map(v1);
        WebhookDeliveries.Map(v1);
    }

    /// <summary>An endpoint that answers with <typeparamref name="T"/> and a status of its own.</summary>
    public static RouteHandlerBuilder Gives<T>(this RouteHandlerBuilder endpoint, int status, string name, string summary, params int[] problems)
    {
        endpoint.WithName(name).WithTags("Webhooks").WithSummary(summary).WithMetadata(new KnownParameters([], [])).Produces<T>(status);
        foreach (var problem in (int[])[400, .. problems])
        {
            endpoint.Produces<Problem>(problem, Problems.ContentType);
        }

        return endpoint;
    }

    /// <summary>What is wrong with a request.</summary>
    public static SortedDictionary<string, string[]> Check(string? url, IReadOnlyList<string>? types, string? description, WebhookOptions options)
    {
        var rules = new Vms.TextRules();
        if (url is not null && WebhookAddress.WhyNot(url, options.AllowPrivate) is { } wrong)
        {
            rules.Need(false, "url", wrong);
        }

        rules.Need(types is null || types.Count <= MostTypes, "types", $"must be at most {MostTypes}");
        var unknown = (types ?? []).FirstOrDefault(t => !HistoryTypes.Names.Contains(t));
        rules.Need(unknown is null, "types", $"must be event types of the history (GET /v1/events lists them), found '{(unknown?.Length > 80 ? unknown[..80] : unknown)}'");
        rules.Line(description, "description", LongestDescription, required: false);
        return rules.Errors;
    }

    public static bool TryRead(string text, out Guid id, out Refusal refusal)
    {
        refusal = Refusals.Of(ErrorKind.Validation, "invalid-id", $"'{(text.Length > 80 ? text[..80] : text)}' in the path is not a UUID.", "Ids look like 0197a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b.");
        return Guid.TryParse(text, out id);
    }

    /// <summary>The address without what may be a secret in it, for histories: of many receivers the path is one.</summary>
    public static string Public(string url) => new Uri(url).GetLeftPart(UriPartial.Authority);

    /// <summary>The address as it is kept, in one form whatever was given.</summary>
    [return: NotNullIfNotNull(nameof(url))]
    public static string? Stored(string? url) => url is null ? null : new Uri(url).AbsoluteUri;

    public static Refusal NotFound(Guid id) => Refusals.Of(ErrorKind.NotFound, "webhook-not-found", $"No webhook has the id {id}.", "List the webhooks with GET /v1/webhooks.");

    public static Refusal NoDelivery(Guid webhook, Guid id) => Refusals.Of(
        ErrorKind.NotFound, "delivery-not-found", $"Webhook {webhook} has no delivery {id}; delivered ones are forgotten after a while.", $"List them with GET /v1/webhooks/{webhook}/deliveries.");
}
