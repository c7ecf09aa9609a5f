namespace HvPlatform.Orchestrator.Http;

/// <summary>The parameter of every read that can look into the past.</summary>
internal static class AsOf
{
    public static readonly QueryParameter Parameter = new("asOf", "As it was at this instant, by the inventory's clock; now if not given, and never in the future.", "string", "date-time");

    /// <summary>The instant asked for, null for now.</summary>
    public static DateTimeOffset? Read(QueryReader query, TimeProvider clock, string name = "asOf")
    {
        var now = clock.GetUtcNow();
        if (query.Instant(name) is not { } asOf)
        {
            return null;
        }

        if (asOf > now)
        {
            query.Wrong(name, $"must not be in the future: it is {now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} now");
        }

        return asOf;
    }
}
