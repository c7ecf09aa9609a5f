using System.Diagnostics;
using System.Text.Json;
using HvPlatform.Cli.Client;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Contracts;
using Spectre.Console;

namespace HvPlatform.Cli.Demo;

/// <summary>What the demos have in common, whatever the hypervisor: commands through the REST API, a migration with its progress, the tables.</summary>
internal abstract class DemoSteps(IAnsiConsole console, HvApi api)
{
    protected HvApi Api => api;

    protected async Task<(HostRow Source, HostRow Destination)> FindHostsAsync(int count, CancellationToken cancellationToken)
    {
        HostRow[] online = [];
        await UntilAsync(
            async () =>
            {
                online = [.. (await api.ListAsync("/v1/hosts", cancellationToken)).Select(h => h.Deserialize<HostRow>(HvJson.Options)!).Where(h => h.Status == "Online").OrderBy(h => h.Name, StringComparer.Ordinal)];
                return online.Length == count;
            },
            "the hosts have registered", cancellationToken);
        return (online[0], online[1]);
    }

    protected async Task<MigrationRow> MigrateAsync(VmId vm, HostRow source, HostRow destination, object policy, CancellationToken cancellationToken)
    {
        Say($"POST /v1/vms/{vm}/migrations: {source.Name} to {destination.Name}");
        var operation = await api.CommandAsync(HttpMethod.Post, $"/v1/vms/{vm}/migrations", new { destinationHostId = destination.Id, policy }, cancellationToken);
        MigrationRow? migration = null;
        await console.Progress().AutoClear(false).HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask("Requested");
                do
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(25), cancellationToken);
                    migration = await api.GetAsync<MigrationRow>($"/v1/migrations/{operation.Id}", cancellationToken);
                    bar.Description = $"{migration.Phase,-20}";
                    bar.Value = migration.IsFinal ? 100 : Math.Max(bar.Value, migration.Progress?.Percent ?? 0);
                }
                while (!migration.IsFinal);
            });
        return migration!.Status == OperationStatus.Succeeded ? migration : throw new LocalServerException($"the migration ended as {migration.Status}: {Words(migration.Error)}");
    }

    protected void Table(MigrationRow migration)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new("Migration") };
        table.AddColumns("phase", "ms");
        foreach (var (name, ms) in migration.PhaseTimes())
        {
            table.AddRow(name, $"{ms:0}");
        }

        table.AddRow("total", $"{migration.TotalMs}").AddRow("downtime", Known(migration.DowntimeMs)).AddRow("bytes moved", Known(migration.TransferredBytes));
        console.Write(table);
    }

    static string Known(long? figure) => figure is { } known ? $"{known}" : "not told by the hypervisor";

    protected async Task<int> HistoryAsync(VmId vm, CancellationToken cancellationToken)
    {
        // The last facts may still be on their way from the agents: the history is complete when it says that the migration has.
        IReadOnlyList<JsonElement> events = [];
        await UntilAsync(
            async () =>
            {
                events = await api.ListAsync($"/v1/vms/{vm}/history", cancellationToken);
                return events.Any(e => e.Text("type").Contains("migration_completed", StringComparison.Ordinal));
            },
            "the history has the migration's end", cancellationToken);
        var table = new Table { Border = TableBorder.Rounded, Title = new("History of the VM") };
        table.AddColumns("#", "at", "event");
        foreach (var e in events)
        {
            table.AddRow(e.Text("version"), e.GetProperty("at").GetDateTimeOffset().ToString("HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture), e.Text("type"));
        }

        console.Write(table);
        return events.Count;
    }

    protected async Task CommandAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        var operation = await api.WaitAsync((await api.CommandAsync(method, path, body, cancellationToken)).Id, cancellationToken);
        Check(operation.Status == OperationStatus.Succeeded, $"{operation.Kind} ended as {operation.Status}: {Words(operation.Error)}");
    }

    protected static async Task UntilAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Check(clock.Elapsed < TimeSpan.FromSeconds(30), $"after 30 s still not: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    protected static void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new LocalServerException(otherwise);
        }
    }

    protected static string Words(ErrorInfo? error) => error is null ? "no error given" : $"{error.Message}{(error.NativeMessage is null ? "" : $" ({error.NativeCode}: {error.NativeMessage})")}{(error.Cause is null ? "" : $" — {Words(error.Cause)}")}";

    protected void Say(string line) => console.MarkupLineInterpolated($"[grey]hv:[/] {line}");
}
