using System.Globalization;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Events;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Access;

/// <summary><c>GET /v1/audit</c>: what happened to access, agents and webhooks, newest first. Commands are in the histories of their VMs and hosts, each with who asked.</summary>
internal static class GetAudit
{
    static readonly IReadOnlyList<QueryParameter> Parameters =
    [
        new("from", "Only what happened at this instant or later.", "string", "date-time"),
        new("to", "Only what happened before this instant.", "string", "date-time"),
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/audit", HandleAsync)
        .Reads<Page<HistoryEvent>>("GetAudit", "Access", "Get what happened to access, newest first: sign-ins, refusals, tokens, grants, groups, joins and agents, webhooks.", Parameters);

    static async Task<IResult> HandleAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options)
    {
        var query = new QueryReader(http);
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        var (from, to) = (query.Instant("from") ?? DateTimeOffset.MinValue, query.Instant("to") ?? DateTimeOffset.MaxValue);
        var before = long.MaxValue;
        if (cursor is not null && !long.TryParse(cursor.Value, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            query.Wrong("cursor", "is not one that this API gave out");
        }

        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        await using var command = connection.Command(
            """
            SELECT seq_id, version, type, timestamp, data::text FROM inventory.mt_events
            WHERE stream_id = $1 AND version < $2 AND timestamp >= $3 AND timestamp < $4 ORDER BY version DESC LIMIT $5
            """, AccessStream.Id, before, from, to, limit + 1);
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        var rows = new List<(HistoryEvent, string, Guid)>();
        while (await reader.ReadAsync(http.RequestAborted))
        {
            var version = reader.GetInt64(1);
            var data = System.Text.Json.JsonDocument.Parse(reader.GetString(4)).RootElement;
            rows.Add((new() { Seq = reader.GetInt64(0), StreamId = AccessStream.Id, Version = version, Type = reader.GetString(2), At = reader.Instant(3).ToUniversalTime(), Data = data },
                version.ToString(CultureInfo.InvariantCulture), AccessStream.Id));
        }

        return Resources.Ok(PageParameters.Cut(http, rows, limit));
    }
}
