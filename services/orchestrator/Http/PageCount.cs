using Npgsql;

namespace HvPlatform.Orchestrator.Http;

/// <summary>The parameter <c>count</c>: how many items a list has in all. Counted only if asked for, and only for the first page.</summary>
internal static class PageCount
{
    public static readonly QueryParameter Parameter = new("count", "true: the first page says in total how many items there are in all.", "boolean");

    /// <summary>Whether this request wants it.</summary>
    public static bool Wanted(QueryReader query, Cursor? after) => query.Bool("count") == true && after is null;

    /// <summary>Counts the rows of a list's own command, which was made without a cursor and without a limit that could be reached. PostgreSQL does not compute columns nobody reads.</summary>
    public static async Task<int> OfAsync(NpgsqlConnection connection, NpgsqlCommand list, CancellationToken cancellationToken)
    {
        list.Connection = connection;
        list.CommandText = $"SELECT count(*)::int FROM ({list.CommandText}) counted";
        return (int)(await list.ExecuteScalarAsync(cancellationToken))!;
    }
}
