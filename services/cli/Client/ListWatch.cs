using System.Text.Json;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client;

/// <summary><c>--watch</c> of a list: on a terminal the table is redrawn in place; elsewhere the list is printed, then every item that is new or has changed.</summary>
internal sealed class ListWatch<T>(Run run, Table<T> table)
{
    static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    // A burst of events is one change.
    static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(250);
    readonly Dictionary<string, string> _shown = [];
    int _drawn;
    (int Width, int Height) _window;

    /// <summary>Goes on until Ctrl-C. A platform that is away for a moment is waited for.</summary>
    public async Task<int> RunAsync(Func<Task<Listing<T>>> read)
    {
        await using var changes = new Following.ChangeSignal(run, vm: null);
        var listing = await read();
        try
        {
            while (true)
            {
                Show(listing);
                await Task.Delay(s_shortest, run.Host.Time, run.Cancelled);
                await changes.WaitAsync(s_longest, run.Cancelled);
                try
                {
                    listing = await read();
                }
                catch (Exception e) when (e is HttpRequestException || (e is ApiProblemException { Status: >= System.Net.HttpStatusCode.InternalServerError }))
                {
                    run.Print.Note($"hv: {e.Message} Trying again.");
                }
            }
        }
        catch (OperationCanceledException) when (run.Cancelled.IsCancellationRequested)
        {
            return ExitCodes.Done;
        }
    }

    void Show(Listing<T> listing)
    {
        if (run.Host.IsTerminal && run.Print.IsTable)
        {
            Draw(listing);
            return;
        }

        var first = _shown.Count == 0;
        var rows = table.Lines(listing.Items, run.Print.IsWide, headers: run.Print.HasHeaders && first).ToList();
        if (rows.Count > listing.Items.Count)
        {
            run.Host.Out.WriteLine(rows[0]);
            rows.RemoveAt(0);
        }

        for (var i = 0; i < listing.Items.Count; i++)
        {
            var raw = listing.Raw[i];
            var key = raw.TryGetProperty("id", out var id) ? id.ToString() : table.Name(listing.Items[i]);
            var text = run.Print.IsTable ? rows[i] : raw.GetRawText();
            if (!_shown.TryGetValue(key, out var before) || before.Replace(" ", "", StringComparison.Ordinal) != text.Replace(" ", "", StringComparison.Ordinal))
            {
                _shown[key] = text;
                Print(text, raw, listing.Items[i]);
            }
        }

        run.Host.Out.Flush();
    }

    void Print(string text, JsonElement raw, T item)
    {
        if (run.Print.IsTable)
        {
            run.Host.Out.WriteLine(text);
        }
        else
        {
            run.Print.One(raw, table.Name(item), () => []);
        }
    }

    void Draw(Listing<T> listing)
    {
        var height = Math.Max(4, Console.WindowHeight) - 1;
        var lines = table.Lines(listing.Items, run.Print.IsWide, run.Print.HasHeaders).ToList();
        if (lines.Count > height)
        {
            var more = lines.Count - height + 1;
            lines = [.. lines.Take(height - 1), $"… {more} more"];
        }

        // A terminal whose size has changed has folded the old lines in its own way: they are taken away with the whole page.
        var width = Math.Max(20, Console.WindowWidth);
        var back = _drawn == 0 ? "" : _window == (width, height) ? $"\e[{_drawn}A" : "\e[2J\e[H";
        _window = (width, height);
        run.Host.Out.Write($"{back}\r\e[J{string.Concat(lines.Select(l => (l.Length >= width ? l[..(width - 1)] : l) + "\n"))}");
        run.Host.Out.Flush();
        _drawn = lines.Count;
    }
}
