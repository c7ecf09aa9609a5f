using System.Globalization;
using System.Text;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Hosts;

/// <summary><c>GET /v1/hosts</c>: by name.</summary>
internal static class ListHosts
{
    static readonly IReadOnlyList<string> Statuses = ["Online", "AgentStopped", "AgentSilent", "HypervisorUnreachable"];

    static readonly IReadOnlyList<QueryParameter> Parameters =
    [
        new("search", "Text found in the name; upper and lower case are the same."),
        new("name", "Exactly this name."),
        new("status", "One or more statuses, separated by commas.") { Values = Statuses, Many = true },
        new("kind", "One or more kinds of hypervisor, separated by commas.") { Values = Enum.GetNames<HypervisorKind>(), Many = true },
        new("maintenance", "true: only hosts in maintenance; false: only those that take VMs.", "boolean"),
        AsOf.Parameter,
        Fields.Parameter<HostView>(),
        PageCount.Parameter,
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/hosts", HandleAsync).Reads<Page<HostView>>("ListHosts", "Hosts", "List hosts by name; now or as of a moment in the past.", Parameters).Scoped();

    static async Task<IResult> HandleAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock)
    {
        var query = new QueryReader(http);
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        var asOf = AsOf.Read(query, clock);
        var fields = Fields.Read<HostView>(query);
        var count = PageCount.Wanted(query, cursor);
        await using var command = List(query, http.Scope(), asOf, cursor, limit + 1);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        command.Connection = connection;
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        var rows = new List<(HostView, string, Guid)>();
        while (await reader.ReadAsync(http.RequestAborted))
        {
            var host = HostView.Read(reader);
            rows.Add((host, host.Name, host.Id.Value));
        }

        var page = PageParameters.Cut(http, rows, limit) with { AsOf = asOf };
        if (count)
        {
            await reader.DisposeAsync();
            await using var all = List(query, http.Scope(), asOf, null, int.MaxValue);
            page = page with { Total = await PageCount.OfAsync(connection, all, http.RequestAborted) };
        }

        return Resources.Page(http, page, fields);
    }

    static NpgsqlCommand List(QueryReader query, AccessScope scope, DateTimeOffset? asOf, Cursor? after, int rows)
    {
        var command = new NpgsqlCommand();
        string Parameter(object value)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
            return string.Create(CultureInfo.InvariantCulture, $"${command.Parameters.Count}");
        }

        var sql = new StringBuilder();
        if (asOf is { } then)
        {
            // The past's source knows it as $1.
            Parameter(then);
            sql.Append(CultureInfo.InvariantCulture, $"SELECT {HostView.PastColumns} FROM {HostView.PastSource} WHERE true");
        }
        else
        {
            sql.Append(CultureInfo.InvariantCulture, $"SELECT {HostView.Columns} FROM {HostView.Source} WHERE true");
        }

        sql.Append(scope.Hosts("h.host_id", Parameter));
        if (query.Text("search") is { } search)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND strpos(lower(h.name), {Parameter(search.ToLowerInvariant())}) > 0");
        }

        if (query.Text("name", 255) is { } name)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND h.name = {Parameter(name)}");
        }

        if (query.Names("status", Statuses) is { Count: > 0 } statuses)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND h.status = ANY ({Parameter(statuses.ToArray())})");
        }

        if (query.Names<HypervisorKind>("kind") is { Count: > 0 } kinds)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND h.kind = ANY ({Parameter(kinds.ToArray())})");
        }

        if (query.Bool("maintenance") is { } maintenance)
        {
            var inMaintenance = asOf is null ? "EXISTS (SELECT FROM orchestrator.host_maintenance m WHERE m.host_id = h.host_id)" : "(h.maintenance IS NOT NULL)";
            sql.Append(CultureInfo.InvariantCulture, $" AND {inMaintenance} = {Parameter(maintenance)}");
        }

        if (after is not null)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND (h.name, h.host_id) > ({Parameter(after.Value)}, {Parameter(after.Id)})");
        }

        command.CommandText = sql.Append(CultureInfo.InvariantCulture, $" ORDER BY h.name, h.host_id LIMIT {Parameter(rows)}").ToString();
        return command;
    }
}
