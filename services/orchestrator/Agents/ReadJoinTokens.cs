using System.Globalization;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Agents;

/// <summary><c>GET /v1/join-tokens</c>: newest first, used and expired ones too.</summary>
internal static class ReadJoinTokens
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/join-tokens", HandleAsync)
        .Reads<Page<JoinTokenView>>("ListJoinTokens", "Agents", "List join tokens, newest first; never their secrets.", [PageParameters.Limit, PageParameters.Cursor], 403);

    static async Task<IResult> HandleAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options)
    {
        var query = new QueryReader(http);
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        await using var command = cursor is null
            ? connection.Command($"SELECT {JoinTokenView.Columns} FROM join_tokens ORDER BY created_at DESC, id DESC LIMIT $1", limit + 1)
            : connection.Command($"SELECT {JoinTokenView.Columns} FROM join_tokens WHERE (created_at, id) < ($2::text::timestamptz, $3) ORDER BY created_at DESC, id DESC LIMIT $1", limit + 1, cursor.Value, cursor.Id);
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        var rows = new List<(JoinTokenView, string, Guid)>();
        while (await reader.ReadAsync(http.RequestAborted))
        {
            var token = JoinTokenView.Read(reader);
            rows.Add((token, token.CreatedAt.ToString("O", CultureInfo.InvariantCulture), token.Id.Value));
        }

        return Resources.Ok(PageParameters.Cut(http, rows, limit));
    }
}
