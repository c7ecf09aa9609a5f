using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Operations;

/// <summary><c>GET /v1/operations</c>.</summary>
internal static class ListOperations
{
    static readonly IReadOnlyList<QueryParameter> Parameters =
    [
        new("kind", "One or more kinds, separated by commas.") { Values = Enum.GetNames<OperationKind>(), Many = true },
        Fields.Parameter<OperationView>(),
        .. OperationFilter.Parameters,
    ];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/operations", HandleAsync)
        .Reads<Page<OperationView>>("ListOperations", "Operations", "List operations, newest first; now or as of a moment in the past.", Parameters).Scoped();

    static async Task<IResult> HandleAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock)
    {
        var query = new QueryReader(http);
        var filter = OperationFilter.Read(query, http.Scope(), clock) with { Kinds = query.Names<OperationKind>("kind") };
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        var fields = Fields.Read<OperationView>(query);
        var count = PageCount.Wanted(query, cursor);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        await using var command = List(filter, cursor, limit + 1);
        command.Connection = connection;
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        var rows = new List<(OperationView, string, Guid)>();
        while (await reader.ReadAsync(http.RequestAborted))
        {
            var operation = OperationStore.Read(reader);
            rows.Add((OperationView.Of(operation), reader.GetString(OperationStore.ColumnCount), operation.Id.Value));
        }

        var page = PageParameters.Cut(http, rows, limit) with { AsOf = filter.AsOf };
        if (count)
        {
            await reader.DisposeAsync();
            await using var all = List(filter, null, int.MaxValue);
            page = page with { Total = await PageCount.OfAsync(connection, all, http.RequestAborted) };
        }

        return Resources.Page(http, page, fields);
    }

    static NpgsqlCommand List(OperationFilter filter, Cursor? after, int rows)
    {
        var command = new NpgsqlCommand();
        command.CommandText = $"SELECT {OperationStore.SelectList}, (o.accepted_at)::text FROM {filter.Source(command)} WHERE true{filter.Where(command, after, rows)}";
        return command;
    }
}
