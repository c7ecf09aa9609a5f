using HvPlatform.Orchestrator.Operations;

namespace HvPlatform.Orchestrator.Http;

/// <summary>What an endpoint says of itself: for the API document, and for refusing what it does not know.</summary>
internal static class EndpointDescriptions
{
    /// <summary>A reading endpoint that answers with <typeparamref name="T"/>.</summary>
    public static RouteHandlerBuilder Reads<T>(
        this RouteHandlerBuilder endpoint, string name, string tag, string summary, IReadOnlyList<QueryParameter>? query = null, params int[] problems)
    {
        endpoint.WithName(name).WithTags(tag).WithSummary(summary).WithMetadata(new KnownParameters(query ?? [], [])).Produces<T>();
        return endpoint.Refuses([400, .. problems]);
    }

    /// <summary>A mutating endpoint: 202 with the operation, or a problem.</summary>
    public static RouteHandlerBuilder Commands(this RouteHandlerBuilder endpoint, string name, string tag, string summary, params int[] problems) =>
        endpoint.Commands<OperationView>(name, tag, summary, problems);

    /// <summary>A mutating endpoint: 202 with <typeparamref name="T"/>, or a problem.</summary>
    public static RouteHandlerBuilder Commands<T>(this RouteHandlerBuilder endpoint, string name, string tag, string summary, params int[] problems) =>
        endpoint.Begins<T>(name, tag, summary, [.. problems, 412]).Hears(CommandHeaders.Parameters);

    /// <summary>The same where there is nothing yet that has a version, or nothing that has one is changed: without If-Match.</summary>
    public static RouteHandlerBuilder Begins<T>(this RouteHandlerBuilder endpoint, string name, string tag, string summary, params int[] problems)
    {
        endpoint.WithName(name).WithTags(tag).WithSummary(summary).Produces<T>(StatusCodes.Status202Accepted);
        return endpoint.Hears(CommandHeaders.OfNew).Refuses([400, .. problems, 422, 503]);
    }

    /// <summary>Which headers of <see cref="CommandHeaders"/> are looked at.</summary>
    public static RouteHandlerBuilder Hears(this RouteHandlerBuilder endpoint, IReadOnlyList<HeaderParameter> headers) => endpoint.WithMetadata(new KnownParameters([], headers));

    /// <summary>An endpoint that changes something of the caller's own or of access, at once: no operation comes of it.</summary>
    public static RouteHandlerBuilder Does(this RouteHandlerBuilder endpoint, string name, string tag, string summary, params int[] problems)
    {
        endpoint.WithName(name).WithTags(tag).WithSummary(summary).WithMetadata(new KnownParameters([], [])).Produces(StatusCodes.Status204NoContent);
        return endpoint.Refuses([400, .. problems]);
    }

    /// <summary>An endpoint that does something at once, or gives something for everybody, and answers with <typeparamref name="T"/>.</summary>
    public static RouteHandlerBuilder Gives<T>(this RouteHandlerBuilder endpoint, int status, string name, string tag, string summary, params int[] problems) =>
        endpoint.Gives<T>(status, name, tag, summary, "application/json", problems);

    /// <summary>The same with a media type of its own.</summary>
    public static RouteHandlerBuilder Gives<T>(this RouteHandlerBuilder endpoint, int status, string name, string tag, string summary, string mediaType, params int[] problems)
    {
        endpoint.WithName(name).WithTags(tag).WithSummary(summary).WithMetadata(new KnownParameters([], [])).Produces<T>(status, mediaType);
        return endpoint.Refuses([400, .. problems]);
    }

    /// <summary>An endpoint that browsers are led through: it answers with where to go on.</summary>
    public static RouteHandlerBuilder Redirects(this RouteHandlerBuilder endpoint, string name, string tag, string summary, IReadOnlyList<QueryParameter> query, params int[] problems)
    {
        endpoint.WithName(name).WithTags(tag).WithSummary(summary).WithMetadata(new KnownParameters(query, [])).Produces(StatusCodes.Status302Found);
        return endpoint.Refuses([400, .. problems]);
    }

    /// <summary>A body of this type is read.</summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder endpoint)
        where T : notnull => endpoint.Accepts<T>("application/json").Refuses([413, 415]);

    static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, IEnumerable<int> statuses)
    {
        foreach (var status in statuses.Distinct())
        {
            endpoint.Produces<Problem>(status, Problems.ContentType);
        }

        return endpoint;
    }
}
