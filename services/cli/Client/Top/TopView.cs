using System.Globalization;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HvPlatform.Cli.Client.Top;

/// <summary>Draws <see cref="TopState"/> into a window of 80 × 24 or more; in a narrower one names and bars are shorter.</summary>
internal static class TopView
{
    const int NarrowWidth = 80;
    const int RestOfBar = 7;
    const int MostOperations = 5;
    const int MostAlerts = 3;

    // Headings and footer, and the last line, where a terminal would begin to scroll.
    const int LinesAround = 8;

    /// <summary>The page.</summary>
    /// <param name="state">What to show.</param>
    /// <param name="sort">The order of the hosts.</param>
    /// <param name="first">How many hosts are scrolled away.</param>
    /// <param name="width">The window's width, characters.</param>
    /// <param name="height">The window's height, lines; null for as many as there are.</param>
    public static IRenderable Render(TopState state, TopSort sort, int first, int width, int? height)
    {
        var operations = state.Operations.Take(height is null ? int.MaxValue : MostOperations).ToList();
        var alerts = state.Alerts.OrderByDescending(a => a.Severity).Take(height is null ? int.MaxValue : MostAlerts).ToList();
        var room = height is { } lines ? Math.Max(1, lines - LinesAround - Math.Max(1, operations.Count) - alerts.Count) : int.MaxValue;
        var hosts = Sorted(state, sort).ToList();
        var shown = hosts.Skip(Math.Clamp(first, 0, Math.Max(0, hosts.Count - room))).Take(room).ToList();
        var (nameWidth, barWidth) = width < NarrowWidth ? (14, 4) : (20, 12);
        var text = new List<string>
        {
            $"[bold]hv top[/]  {Markup.Escape(state.Address)}  {Words.At(state.At)}{(state.Trouble is { } trouble ? $"  [red]{Markup.Escape(trouble)}[/]" : "")}",
            Vms(state.Fleet),
            Rates(state),
            $"[bold]{"HOST".PadRight(nameWidth)} {"STATUS",-12} {"CPU".PadRight(barWidth + RestOfBar)} {"MEMORY".PadRight(barWidth + RestOfBar)} VMS[/]",
        };
        text.AddRange(shown.Select(h => Host(state, h, nameWidth, barWidth)));
        text.Add(shown.Count < hosts.Count ? $"[grey]{hosts.Count - shown.Count} more hosts (↑↓)[/]" : "");
        text.Add($"[bold]{"RUNNING OPERATION".PadRight(nameWidth + 16)} PROGRESS[/]");
        text.AddRange(operations.Count == 0 ? ["[grey]none[/]"] : operations.Select(o => Operation(state, o, nameWidth + 16, barWidth)));
        text.AddRange(alerts.Select(a => $"[{(a.Severity == AlertSeverity.Critical ? "red" : "yellow")}]{a.Severity}[/] {Markup.Escape($"{a.SubjectKind} {a.SubjectName}".TrimEnd())}: {Markup.Escape(a.Message)}"));
        if (height is not null)
        {
            text.Add($"[grey]q quit   ↑↓ scroll   s sort (by {sort.ToString().ToLowerInvariant()}){(state.Operations.Count > operations.Count ? $"   {state.Operations.Count - operations.Count} more operations" : "")}{(state.Alerts.Count > alerts.Count ? $"   {state.Alerts.Count - alerts.Count} more alerts" : "")}[/]");
        }

        return new Rows(text.Select(line => new Markup(Cut(line, width)) { Overflow = Overflow.Crop }));
    }

    public static IEnumerable<HostView> Sorted(TopState state, TopSort sort) => sort switch
    {
        TopSort.Load => state.Hosts.OrderByDescending(h => state.CpuPercent.GetValueOrDefault(h.Id, -1)).ThenBy(h => h.Name, StringComparer.Ordinal),
        TopSort.Memory => state.Hosts.OrderByDescending(Memory).ThenBy(h => h.Name, StringComparer.Ordinal),
        TopSort.Vms => state.Hosts.OrderByDescending(h => h.RunningVmCount).ThenBy(h => h.Name, StringComparer.Ordinal),
        _ => state.Hosts.OrderBy(h => h.Name, StringComparer.Ordinal),
    };

    static string Vms(FleetView fleet)
    {
        var states = fleet.Vms.ByState.Where(s => s.Value > 0).OrderByDescending(s => s.Value).Select(s => $"{s.Value} {s.Key}");
        var missing = fleet.Vms.Missing > 0 ? $", [yellow]{fleet.Vms.Missing} missing[/]" : "";
        var away = fleet.Hosts.Unreachable > 0 ? $", [red]{fleet.Hosts.Unreachable} unreachable[/]" : "";
        var maintenance = fleet.Hosts.Maintenance > 0 ? $", {fleet.Hosts.Maintenance} in maintenance" : "";
        return $"VMs {fleet.Vms.Total}: {string.Join(", ", states)}{missing}   Hosts {fleet.Hosts.Total}: {fleet.Hosts.Online} online{away}{maintenance}";
    }

    static string Rates(TopState state)
    {
        var events = state.Events is { } count ? string.Create(CultureInfo.InvariantCulture, $"{count / 60.0:0.0}/s") : "not known yet";
        var share = state.Ended == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({100.0 * state.Failed / state.Ended:0} %)");
        var doubt = state.Fleet.Operations.InDoubt > 0 ? $"   [red]{state.Fleet.Operations.InDoubt} in doubt[/]" : "";
        return $"Last minute: events {events}, operations ended {state.Ended}, {(state.Failed > 0 ? $"[red]failed {state.Failed}{share}[/]" : "failed 0")}{doubt}";
    }

    static string Host(TopState state, HostView host, int nameWidth, int barWidth)
    {
        var status = host.Maintenance is not null ? "maintenance" : host.Status;
        var colour = host.Status != "Online" ? "red" : host.Maintenance is not null ? "yellow" : "green";
        var cpu = state.CpuPercent.TryGetValue(host.Id, out var load) ? Bar(load, barWidth) : "-".PadRight(barWidth + RestOfBar);
        return $"{Markup.Escape(Fit(host.Name, nameWidth))} [{colour}]{Fit(status, 12)}[/] {cpu} {Bar(Memory(host), barWidth)} {host.RunningVmCount}/{host.VmCount}";
    }

    static string Operation(TopState state, OperationView operation, int width, int barWidth)
    {
        if (!state.Migrations.TryGetValue(operation.Id, out var migration))
        {
            return $"{Markup.Escape(Fit($"{operation.Kind} {operation.VmName}", width))} {(operation.Package?.Progress is { } package ? Bar(package.Percent, barWidth) + " " : "")}{operation.Status}";
        }

        var progress = Follow.Of(migration);
        var what = Fit($"{migration.VmName} {migration.SourceHostName} -> {migration.DestinationHostName}", width);
        return $"{Markup.Escape(what)} {(progress.Percent is { } percent ? Bar(percent, barWidth) + " " : "")}{Markup.Escape(progress.Phase)}{(progress.Details.Length > 0 ? $" {Markup.Escape(progress.Details)}" : "")}";
    }

    static double Memory(HostView host) => host.MemoryMiB == 0 ? 0 : 100.0 * host.RunningMemoryMiB / host.MemoryMiB;

    static string Bar(double percent, int width)
    {
        var full = (int)Math.Round(Math.Clamp(percent, 0, 100) / 100 * width);
        var colour = percent >= 90 ? "red" : percent >= 70 ? "yellow" : "green";
        return string.Create(CultureInfo.InvariantCulture, $"[[[{colour}]{new string('|', full)}[/]{new string(' ', width - full)}]]{percent,3:0} %");
    }

    static string Fit(string text, int width) => text.Length <= width ? text.PadRight(width) : text[..(width - 1)] + "…";

    /// <summary>A line that fits, without cutting a style in two.</summary>
    static string Cut(string markup, int width)
    {
        var plain = Markup.Remove(markup);
        return plain.Length <= width ? (markup.Length == 0 ? " " : markup) : Markup.Escape(plain[..width]);
    }
}
