using System.Globalization;

namespace HvPlatform.Cli.Client.Following;

/// <summary>How far something is.</summary>
/// <param name="Phase">In a word or a sentence.</param>
/// <param name="Percent">Null if that is not known.</param>
/// <param name="Details">For example throughput and time left; empty for none.</param>
internal sealed record Progress(string Phase, double? Percent = null, string Details = "");

/// <summary>Shows progress on standard error: on a terminal one line with a bar, redrawn; elsewhere a line for each phase and each tenth.</summary>
internal sealed class ProgressLine(CliHost host, bool quiet)
{
    const int BarWidth = 24;
    const int LongestLine = 110;
    string _shown = "";

    public void Show(Progress progress)
    {
        if (quiet)
        {
            return;
        }

        if (host.IsErrorTerminal)
        {
            var line = $"{(progress.Percent is { } p ? Bar(p) + " " : "")}{progress.Phase}{(progress.Details.Length > 0 ? $", {progress.Details}" : "")}";
            // A line that the terminal folds could not be taken away again.
            var room = Console.WindowWidth is > 1 and <= LongestLine and var width ? width - 1 : LongestLine;
            host.Error.Write($"\r\e[K{(line.Length > room ? line[..room] : line)}");
            _shown = line;
            return;
        }

        var key = $"{progress.Phase}{(progress.Percent is { } percent ? string.Create(CultureInfo.InvariantCulture, $" {Math.Floor(percent / 10) * 10:F0} %") : "")}";
        if (key != _shown)
        {
            host.Error.WriteLine($"{progress.Phase}{(progress.Percent is { } now ? string.Create(CultureInfo.InvariantCulture, $" {now:F0} %") : "")}{(progress.Details.Length > 0 ? $", {progress.Details}" : "")}");
            _shown = key;
        }
    }

    /// <summary>Takes the line away, before results are printed.</summary>
    public void End()
    {
        if (host.IsErrorTerminal && _shown.Length > 0)
        {
            host.Error.Write("\r\e[K");
        }
    }

    static string Bar(double percent)
    {
        var full = (int)Math.Round(Math.Clamp(percent, 0, 100) / 100 * BarWidth);
        return string.Create(CultureInfo.InvariantCulture, $"[{new string('#', full)}{new string('.', BarWidth - full)}] {percent,3:F0} %");
    }
}
