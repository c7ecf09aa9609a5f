using System.Globalization;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Alerts;

/// <summary><c>GET /v1/alerts</c>: what needs attention, and what did, newest first.</summary>
internal static class ListAlerts
{
    static readonly IReadOnlyList<QueryParameter> Parameters =
        [new("open", "true for those whose cause is not gone, false for the others.", "boolean"), PageParameters.Limit, PageParameters.Cursor];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/alerts", HandleAsync)
        .Reads<Page<AlertView>>("ListAlerts", "Alerts", "List alerts, newest first.", Parameters).Scoped();

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
        await using var command = new NpgsqlCommand { Connection = connection };
        var where = (open switch { true => "a.cleared_at IS NULL", false => "a.cleared_at IS NOT NULL", null => "true" }) + http.Scope().Alerts("a", Parameter);
        var after = cursor is null ? "" : $" AND (a.raised_at, a.id) < ({Parameter(before)}, {Parameter(cursor.Id)})";
        command.CommandText = $"SELECT {AlertView.Columns} FROM telemetry.alerts a WHERE {where}{after} ORDER BY a.raised_at DESC, a.id DESC LIMIT {Parameter(limit + 1)}";
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        var rows = new List<(AlertView, string, Guid)>();
        while (await reader.ReadAsync(http.RequestAborted))
        {
            var alert = AlertView.Read(reader);
            rows.Add((alert, alert.RaisedAt.ToString("O", CultureInfo.InvariantCulture), alert.Id.Value));
        }

        return Resources.Ok(PageParameters.Cut(http, rows, limit));

        string Parameter(object value)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
            return string.Create(CultureInfo.InvariantCulture, $"${command.Parameters.Count}");
        }
    }
}
