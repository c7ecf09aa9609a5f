using HvPlatform.Contracts.History;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// Tells the history of refused requests. Alike ones are counted and told once per <see cref="AccessOptions.RefusalInterval"/>, and of one interval at most <see cref="MaxKinds"/> kinds: a
/// flood of refusals must not become a flood of events.
/// </summary>
internal sealed class RefusalLog(
    [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock, ILogger<RefusalLog> log)
    : BackgroundService
{
    const int MaxKinds = 100;

    readonly Lock gate = new();
    Dictionary<Kind, Seen> seen = [];

    /// <summary>Notes a refusal.</summary>
    /// <param name="http">The request.</param>
    /// <param name="caller">Who, as in histories; null if that is not known.</param>
    /// <param name="code">The problem's code.</param>
    public void Note(HttpContext http, string? caller, string code)
    {
        var endpoint = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(none)";
        var kind = new Kind(caller, http.Address(), code, http.Request.Method is { Length: <= 20 } method ? method : "(long)", endpoint);
        var now = clock.GetUtcNow();
        lock (gate)
        {
            if (seen.Count >= MaxKinds && !seen.ContainsKey(kind))
            {
                kind = new(null, null, code, "(any)", "(others)");
            }

            seen[kind] = seen.TryGetValue(kind, out var before) ? before with { Count = before.Count + 1, Last = now } : new(1, now, now);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Access.RefusalInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TellAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await TellAsync(CancellationToken.None);
        }
    }

    async Task TellAsync(CancellationToken cancellationToken)
    {
        Dictionary<Kind, Seen> told;
        lock (gate)
        {
            if (seen.Count == 0)
            {
                return;
            }

            (told, seen) = (seen, []);
        }

        try
        {
            await using var tx = await database.BeginAsync(cancellationToken);
            foreach (var (kind, counted) in told)
            {
                tx.Publish(
                    new AccessRefused
                    {
                        Caller = kind.Caller,
                        Address = kind.Address,
                        Code = kind.Code,
                        Method = kind.Method,
                        Endpoint = kind.Endpoint,
                        Count = counted.Count,
                        FirstAt = counted.First,
                        At = counted.Last,
                    }, AccessStream.Id);
            }

            await tx.CommitAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            Log.RefusalsNotTold(log, told.Count, e);
        }
    }

    sealed record Kind(string? Caller, string? Address, string Code, string Method, string Endpoint);

    sealed record Seen(long Count, DateTimeOffset First, DateTimeOffset Last);
}
