using System.Diagnostics;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Following;
using HvPlatform.Cli.Client.Output;
using HvPlatform.Cli.LocalServers;
using Spectre.Console;

namespace HvPlatform.Cli.Demo;

/// <summary>What the demos have in common, whatever the hypervisor: commands through the REST API, a migration with its progress, the tables.</summary>
internal abstract class DemoSteps(IAnsiConsole console, HvApiClient api)
{
    protected HvApiClient Api => api;

    protected async Task<(HostView Source, HostView Destination)> FindHostsAsync(int count, CancellationToken cancellationToken)
    {
        HostView[] online = [];
        await UntilAsync(
            async () =>
            {
                online = [.. (await api.ListHostsAsync(status: "Online", cancellationToken: cancellationToken)).Value.Items];
                return online.Length == count;
            },
            "the hosts have registered", cancellationToken);
        return (online[0], online[1]);
    }

    protected async Task<MigrationView> MigrateAsync(Guid vm, HostView source, HostView destination, MigrationPolicy policy, CancellationToken cancellationToken)
    {
        Say($"POST /v1/vms/{vm}/migrations: {source.Name} to {destination.Name}");
        var operation = (await api.StartMigrationAsync(vm, new() { DestinationHostId = destination.Id, Policy = policy }, cancellationToken: cancellationToken)).Value;
        MigrationView? migration = null;
        await console.Progress().AutoClear(false).HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask("Requested");
                do
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(25), cancellationToken);
                    migration = (await api.GetMigrationAsync(operation.Id, cancellationToken: cancellationToken)).Value;
                    bar.Description = $"{migration.Phase,-20}";
                    bar.Value = Follow.IsFinal(migration.Status) ? 100 : Math.Max(bar.Value, migration.Progress?.Percent ?? 0);
                }
                while (!Follow.IsFinal(migration.Status));
            });
        return migration!.Status == OperationStatus.Succeeded ? migration : throw new LocalServerException($"the migration ended as {migration.Status}: {Words(migration.Error)}");
    }

    protected void Table(MigrationView migration)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new("Migration") };
        table.AddColumns("phase", "ms");
        foreach (var (name, ms) in PhaseTimes(migration))
        {
            table.AddRow(name, $"{ms:0}");
        }

        table.AddRow("total", $"{migration.TotalMs}").AddRow("downtime", Known(migration.DowntimeMs)).AddRow("bytes moved", Known(migration.TransferredBytes));
        console.Write(table);
    }

    /// <summary>How long each phase took, ms. The end is not a phase.</summary>
    protected static IEnumerable<(string Name, double Ms)> PhaseTimes(MigrationView migration) =>
        migration.Phases.Zip(migration.Phases.Skip(1), (phase, next) => ($"{phase.Phase}", (next.EnteredAt - phase.EnteredAt).TotalMilliseconds));

    static string Known(long? figure) => figure is { } known ? $"{known}" : "not told by the hypervisor";

    protected async Task<int> HistoryAsync(Guid vm, CancellationToken cancellationToken)
    {
        // The last facts may still be on their way from the agents: the history is complete when it says that the migration has.
        IReadOnlyList<HistoryEvent> events = [];
        await UntilAsync(
            async () =>
            {
                events = (await Listing<HistoryEvent>.ReadAsync((limit, cursor) => api.GetVmHistoryAsync(vm, limit: limit, cursor: cursor, cancellationToken: cancellationToken))).Items;
                return events.Any(e => e.Type.Contains("migration_completed", StringComparison.Ordinal));
            },
            "the history has the migration's end", cancellationToken);
        var table = new Table { Border = TableBorder.Rounded, Title = new("History of the VM") };
        table.AddColumns("#", "at", "event");
        foreach (var e in events)
        {
            table.AddRow($"{e.Version}", e.At.ToString("HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture), e.Type);
        }

        console.Write(table);
        return events.Count;
    }

    /// <summary>Waits until an accepted operation has succeeded.</summary>
    protected async Task DoneAsync(Answer<OperationView> accepted, CancellationToken cancellationToken)
    {
        var operation = accepted.Value;
        await UntilAsync(async () => Follow.IsFinal((operation = (await api.GetOperationAsync(operation.Id, cancellationToken: cancellationToken)).Value).Status), $"{operation.Kind} has ended", cancellationToken);
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
