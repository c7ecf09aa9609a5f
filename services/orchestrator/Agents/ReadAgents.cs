using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Agents;

/// <summary><c>GET /v1/agents</c> and <c>GET /v1/agents/{id}</c>: who has joined, newest first, revoked ones too.</summary>
internal static class ReadAgents
{
    static readonly IReadOnlyList<QueryParameter> s_parameters =
    [
        new("revoked", "true: only revoked agents; false: only those that are not.", "boolean"),
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/agents", ListAsync).Reads<Page<AgentView>>("ListAgents", "Agents", "List joined agents, newest first.", s_parameters, 403);
        v1.MapGet("/agents/{id}", GetAsync).Reads<AgentView>("GetAgent", "Agents", "Get one joined agent.", null, 403, 404);
    }

    static async Task<IResult> ListAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options)
    {
        var query = new QueryReader(http);
        var revoked = query.Bool("revoked");
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        var wanted = revoked switch { null => "true", true => "a.revoked_at IS NOT NULL", false => "a.revoked_at IS NULL" };
        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        await using var command = cursor is null
            ? connection.Command($"SELECT {AgentView.Columns} FROM agents a WHERE {wanted} ORDER BY a.joined_at DESC, a.id DESC LIMIT $1", limit + 1)
            : connection.Command(
                $"SELECT {AgentView.Columns} FROM agents a WHERE {wanted} AND (a.joined_at, a.id) < ($2::text::timestamptz, $3) ORDER BY a.joined_at DESC, a.id DESC LIMIT $1",
                limit + 1, cursor.Value, cursor.Id);
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        var rows = new List<(AgentView, string, Guid)>();
        while (await reader.ReadAsync(http.RequestAborted))
        {
            var agent = AgentView.Read(reader);
            rows.Add((agent, agent.JoinedAt.ToString("O", CultureInfo.InvariantCulture), agent.Id.Value));
        }

        return Resources.Ok(PageParameters.Cut(http, rows, limit));
    }

    static async Task<IResult> GetAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database)
    {
        if (!RouteIds.TryRead<AgentId>(id, out var agent, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        return await AgentStore.ViewAsync(connection, agent, http.RequestAborted) is { } view
            ? Resources.Single(http, view, view.Etag())
            : Problems.Result(http, AgentRefusals.AgentNotFound(agent));
    }
}
