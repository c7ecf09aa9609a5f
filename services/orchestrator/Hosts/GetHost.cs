using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Hosts;

/// <summary><c>GET /v1/hosts/{id}</c>; now, or as of a moment in the past.</summary>
internal static class GetHost
{
    static readonly IReadOnlyList<QueryParameter> Parameters = [AsOf.Parameter, Fields.Parameter<HostView>()];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/hosts/{id}", HandleAsync)
        .Reads<HostView>("GetHost", "Hosts", "Get one host; now or as of a moment in the past.", Parameters, 404);

    /// <summary>Null if a command's If-Match, if it has one, names the host as it is; a host that is not there is for others to refuse.</summary>
    public static async Task<Refusal?> WhyChangedAsync(NpgsqlConnection connection, HostId host, string? ifMatch, CancellationToken cancellationToken) =>
        ifMatch is not null && await FindAsync(connection, host, cancellationToken) is { } seen && !ETags.Matches(ifMatch, seen.Etag()) ? Refusals.EtagMismatch(seen.Etag()) : null;

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
    {
        if (!RouteIds.TryRead<HostId>(id, out var hostId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var query = new QueryReader(http);
        var asOf = AsOf.Read(query, clock);
        var fields = Fields.Read<HostView>(query);
        if (query.Refusal is { } wrong)
        {
            return Problems.Result(http, wrong);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        if (asOf is { } then)
        {
            return await FindAsync(connection, hostId, then, http.RequestAborted) is { } past
                ? Resources.Single(http, past, fields: fields)
                : Problems.Result(http, Refusals.NotKnownThen("host-not-found", $"Host {hostId}", then, $"{Urls.Host(hostId)}/history"));
        }

        return await FindAsync(connection, hostId, http.RequestAborted) is { } host ? Resources.Single(http, host, host.Etag(), fields) : Problems.Result(http, Refusals.HostNotFound(hostId));
    }

    public static async Task<HostView?> FindAsync(NpgsqlConnection connection, HostId host, CancellationToken cancellationToken)
    {
        await using var command = connection.Command($"SELECT {HostView.Columns} FROM {HostView.Source} WHERE h.host_id = $1", host);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? HostView.Read(reader) : null;
    }

    static async Task<HostView?> FindAsync(NpgsqlConnection connection, HostId host, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var command = connection.Command($"SELECT {HostView.PastColumns} FROM {HostView.PastSource} WHERE h.host_id = $2", asOf, host);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? HostView.Read(reader) with { AsOf = asOf, NotKept = HostView.NotKeptMembers } : null;
    }
}
