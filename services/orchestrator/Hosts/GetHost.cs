using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Hosts;

/// <summary><c>GET /v1/hosts/{id}</c>.</summary>
internal static class GetHost
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/hosts/{id}", HandleAsync).Reads<HostView>("GetHost", "Hosts", "Get one host.", null, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database)
    {
        if (!RouteIds.TryRead<HostId>(id, out var hostId, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        return await FindAsync(connection, hostId, http.RequestAborted) is { } host ? Resources.Single(http, host, host.Etag()) : Problems.Result(http, Refusals.HostNotFound(hostId));
    }

    public static async Task<HostView?> FindAsync(NpgsqlConnection connection, HostId host, CancellationToken cancellationToken)
    {
        await using var command = connection.Command($"SELECT {HostView.Columns} FROM inventory.host_view h WHERE h.host_id = $1", host);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? HostView.Read(reader) : null;
    }
}
