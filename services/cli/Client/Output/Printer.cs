using System.Text.Json;
using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Output;

/// <summary>Prints results in the form asked for: table, wide, json, yaml or name. JSON and YAML hold what the API answered, member by member.</summary>
internal sealed class Printer(CliHost host, string format, bool headers, bool quiet)
{
    public static readonly string[] Formats = ["table", "wide", "json", "yaml", "name"];

    public bool IsQuiet => quiet;

    /// <summary>For people rather than programs.</summary>
    public bool IsTable => format is "table" or "wide";

    public bool IsWide => format == "wide";

    public bool HasHeaders => headers;

    /// <summary>A list.</summary>
    public void List<T>(Listing<T> listing, Table<T> table, string none)
    {
        switch (format)
        {
            case "json":
                host.Out.WriteLine(JsonText.Indent(listing.Raw));
                break;
            case "yaml":
                Yaml(JsonElement.Parse(JsonText.Indent(listing.Raw)));
                break;
            case "name":
                foreach (var item in listing.Items)
                {
                    host.Out.WriteLine(table.Name(item));
                }

                break;
            default:
                if (listing.Items.Count == 0 && !quiet)
                {
                    host.Error.WriteLine(none);
                    break;
                }

                Lines(table.Lines(listing.Items, IsWide, headers));
                break;
        }
    }

    /// <summary>One resource; for people in lines.</summary>
    public void One(JsonElement json, string name, Func<IEnumerable<string>> lines)
    {
        switch (format)
        {
            case "json":
                host.Out.WriteLine(JsonText.Indent(json));
                break;
            case "yaml":
                Yaml(json);
                break;
            case "name":
                host.Out.WriteLine(name);
                break;
            default:
                Lines(lines());
                break;
        }
    }

    public void Lines(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            host.Out.WriteLine(line);
        }
    }

    /// <summary>To standard error unless <c>-q</c>.</summary>
    public void Note(string text)
    {
        if (!quiet)
        {
            host.Error.WriteLine(text);
        }
    }

    void Yaml(JsonElement value)
    {
        YamlText.Write(host.Out, value);
        host.Out.Flush();
    }
}

/// <summary>The items of a list, as types and as the API sent them.</summary>
internal sealed record Listing<T>(IReadOnlyList<T> Items, IReadOnlyList<JsonElement> Raw)
{
    /// <summary>Reads page after page.</summary>
    /// <param name="read">Reads the page of a cursor: how many items at most, the cursor.</param>
    /// <param name="limit">Most items; null for all.</param>
    public static async Task<Listing<T>> ReadAsync<TPage>(Func<int, string?, Task<Answer<TPage>>> read, int? limit = null)
        where TPage : IPage<T>
    {
        const int PageSize = 500;
        var (items, raw) = (new List<T>(), new List<JsonElement>());
        string? cursor = null;
        do
        {
            var page = await read(Math.Min(PageSize, limit - items.Count ?? PageSize), cursor);
            items.AddRange(page.Value.Items);
            raw.AddRange(page.Json.GetProperty("items").EnumerateArray());
            cursor = page.Value.NextCursor;
        }
        while (cursor is not null && (limit is null || items.Count < limit));
        return new(items, raw);
    }

    /// <summary>A list that comes whole.</summary>
    /// <param name="items">The items.</param>
    /// <param name="json">The array they came in.</param>
    public static Listing<T> Of(IReadOnlyList<T> items, JsonElement json) => new(items, [.. json.EnumerateArray()]);
}
