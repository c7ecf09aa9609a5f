using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

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
        await using var command = connection.Command($"SELECT {HostView.Columns} FROM inventory.host_view h WHERE h.host_id = $1", hostId);
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        if (!await reader.ReadAsync(http.RequestAborted))
        {
            return Problems.Result(http, Refusals.HostNotFound(hostId));
        }

        var host = HostView.Read(reader);
        return Resources.Single(http, host, ETags.OfVersion(host.Version, host.Status));
    }
}
