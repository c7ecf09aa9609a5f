using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.Orchestrator.Operations;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary><c>GET /v1/migrations</c>.</summary>
internal static class ListMigrations
{
    static readonly IReadOnlyList<QueryParameter> Parameters = [Fields.Parameter<MigrationView>(), .. OperationFilter.Parameters];

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/migrations", HandleAsync)
        .Reads<Page<MigrationView>>("ListMigrations", "Migrations", "List migrations, newest first; now or as of a moment in the past.", Parameters).Scoped();

    static async Task<IResult> HandleAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock)
    {
        var query = new QueryReader(http);
        var filter = OperationFilter.Read(query, http.Scope(), clock);
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        var fields = Fields.Read<MigrationView>(query);
        var count = PageCount.Wanted(query, cursor);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        var rows = await MigrationReader.ListAsync(connection, filter, cursor, limit + 1, http.RequestAborted);
        return Resources.Page(
            http, PageParameters.Cut(http, rows, limit) with { AsOf = filter.AsOf, Total = count ? await MigrationReader.CountAsync(connection, filter, http.RequestAborted) : null }, fields);
    }
}
