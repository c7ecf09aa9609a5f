namespace HvPlatform.Cli.Client.Output;

/// <summary>A column of a table.</summary>
/// <param name="Header">In capitals, as users of kubectl know it.</param>
/// <param name="Text">The cell; empty if there is nothing to say.</param>
/// <param name="Wide">Only with <c>-o wide</c>.</param>
internal sealed record Column<T>(string Header, Func<T, string> Text, bool Wide = false);

/// <summary>How a kind of resource is shown in lists.</summary>
/// <param name="Name">What <c>-o name</c> prints: what the verbs take.</param>
/// <param name="Columns">In order.</param>
internal sealed record Table<T>(Func<T, string> Name, params Column<T>[] Columns)
{
    const int Gap = 3;

    /// <summary>The lines, aligned, without trailing blanks.</summary>
    public IEnumerable<string> Lines(IEnumerable<T> items, bool wide, bool headers)
    {
        Column<T>[] columns = [.. Columns.Where(c => wide || !c.Wide)];
        var rows = items.Select(i => columns.Select(c => OneLine(c.Text(i))).ToArray()).ToList();
        if (headers)
        {
            rows.Insert(0, [.. columns.Select(c => c.Header)]);
        }

        var widths = columns.Select((_, i) => rows.Count == 0 ? 0 : rows.Max(r => r[i].Length)).ToArray();
        return rows.Select(r => string.Join(new string(' ', Gap), r.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }

    static string OneLine(string text) => text.Contains('\n', StringComparison.Ordinal) ? text.ReplaceLineEndings(" ") : text;
}
