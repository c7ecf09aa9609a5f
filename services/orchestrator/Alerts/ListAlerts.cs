using System.Globalization;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Alerts;

/// <summary><c>GET /v1/alerts</c>: what needs attention, and what did, newest first.</summary>
internal static class ListAlerts
{
    static readonly IReadOnlyList<QueryParameter> Parameters =
        [new("open", "true for those whose cause is not gone, false for the others.", "boolean"), PageParameters.Limit, PageParameters.Cursor];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/alerts", HandleAsync)
        .Reads<Page<AlertView>>("ListAlerts", "Alerts", "List alerts, newest first.", Parameters);

    static async Task<IResult> HandleAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options)
    {
        var query = new QueryReader(http);
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        var open = query.Bool("open");
        DateTimeOffset before = DateTimeOffset.MaxValue;
        if (cursor is not null && !DateTimeOffset.TryParse(cursor.Value, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out before))
        {
            query.Wrong("cursor", "is not one that this API gave out");
        }

        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        var where = open switch { true => "a.cleared_at IS NULL", false => "a.cleared_at IS NOT NULL", null => "true" };
        await using var command = cursor is null
            ? connection.Command($"SELECT {AlertView.Columns} FROM telemetry.alerts a WHERE {where} ORDER BY a.raised_at DESC, a.id DESC LIMIT $1", limit + 1)
            : connection.Command($"SELECT {AlertView.Columns} FROM telemetry.alerts a WHERE {where} AND (a.raised_at, a.id) < ($2, $3) ORDER BY a.raised_at DESC, a.id DESC LIMIT $1",
                limit + 1, before, cursor.Id);
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        var rows = new List<(AlertView, string, Guid)>();
        while (await reader.ReadAsync(http.RequestAborted))
        {
            var alert = AlertView.Read(reader);
            rows.Add((alert, alert.RaisedAt.ToString("O", CultureInfo.InvariantCulture), alert.Id.Value));
        }

        return Resources.Ok(PageParameters.Cut(http, rows, limit));
    }
}
