using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Http;

/// <summary>A page of a list.</summary>
internal sealed record Page<T>
{
    /// <summary>The items, in the order asked for.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Pass it as <c>cursor</c> with the same other parameters to get the next page; absent on the last one.</summary>
    public string? NextCursor { get; init; }

    /// <summary>How many items there are in all; only on the first page, and only with <c>count=true</c>.</summary>
    public int? Total { get; init; }

    /// <summary>The instant this is the list of; absent for now.</summary>
    public DateTimeOffset? AsOf { get; init; }
}

/// <summary>
/// Where a page ended: the sort value and id of its last item (keyset paging). Items that come or go between two pages neither shift nor repeat the others.
/// The query's fingerprint travels along, so that a cursor cannot be used with another filter or order.
/// </summary>
internal sealed record Cursor(
    [property: JsonPropertyName("v")] string Value, [property: JsonPropertyName("i")] Guid Id, [property: JsonPropertyName("q")] string Query)
{
    public override string ToString() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, HvJson.Options));

    /// <summary>The cursor of the request, null if there is none.</summary>
    public static Cursor? Read(QueryReader query, HttpContext http)
    {
        if (query.Text("cursor", 2000) is not { } text)
        {
            return null;
        }

        Cursor? cursor = null;
        try
        {
            cursor = JsonSerializer.Deserialize<Cursor>(Base64Url.DecodeFromChars(text), HvJson.Options);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            // Told below, like a cursor with members missing.
        }

        if (cursor is not { Value: not null, Query: not null })
        {
            query.Wrong("cursor", "is not one that this API gave out");
            return null;
        }

        if (cursor.Query != Fingerprint(http))
        {
            query.Wrong("cursor", "belongs to a list with other parameters: repeat the parameters of the first page, only limit, fields and count may change");
            return null;
        }

        return cursor;
    }

    /// <summary>Of everything in the query that chooses or orders the items.</summary>
    public static string Fingerprint(HttpContext http)
    {
        var text = new StringBuilder(http.Request.Path);
        foreach (var (name, value) in http.Request.Query.Where(q => q.Key is not ("cursor" or "limit" or "fields" or "count")).OrderBy(q => q.Key, StringComparer.Ordinal))
        {
            text.Append('\n').Append(name).Append('=').Append(value);
        }

        return Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 9));
    }
}

/// <summary>The parameters every list has.</summary>
internal static class PageParameters
{
    public static readonly QueryParameter Limit = new("limit", "Items per page; 50 if not given, at most 500 (setting Orchestrator:MaxPageSize).", "integer", "int32");

    public static readonly QueryParameter Cursor = new("cursor", "nextCursor of the page before, with the same other parameters.");

    public const int DefaultLimit = 50;

    /// <summary>The largest page of VMs of which only some members are asked for.</summary>
    public const int LimitOfFields = 5000;

    public static int Read(QueryReader query, OrchestratorOptions options, int? most = null) =>
        query.Int("limit", Math.Min(DefaultLimit, options.MaxPageSize), 1, Math.Max(most ?? 0, options.MaxPageSize));

    /// <summary>Makes a page of one row more than asked for, which tells whether there is a next page.</summary>
    public static Page<T> Cut<T>(HttpContext http, List<(T Item, string Value, Guid Id)> rows, int limit)
    {
        if (rows.Count <= limit)
        {
            return new Page<T> { Items = [.. rows.Select(r => r.Item)] };
        }

        var last = rows[limit - 1];
        return new Page<T>
        {
            Items = [.. rows.Take(limit).Select(r => r.Item)],
            NextCursor = new Cursor(last.Value, last.Id, Http.Cursor.Fingerprint(http)).ToString(),
        };
    }
}
