using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using HvPlatform.Cli.Client;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using Spectre.Console;

namespace HvPlatform.Cli.Demo;

/// <summary>The demo's story: define, start, migrate, prove, compare.</summary>
internal sealed class DemoRun(IAnsiConsole console, DemoHosts hosts, HvApi api)
{
    const string Guest = "demo";
    const int MemoryMiB = 128;

    // About 1.2 MB/s: the guest is seen to work, and one round of copying is nearly enough.
    const int PagesPerTick = 16;

    /// <summary>Tells it on the console and returns its figures. Throws at the first thing that is not as it must be.</summary>
    public async Task<DemoReport> RunAsync(CancellationToken cancellationToken)
    {
        var (source, destination) = await FindHostsAsync(cancellationToken);
        var vm = await DefineAsync(source, cancellationToken);
        await CommandAsync(HttpMethod.Post, $"/v1/vms/{vm}/start", null, cancellationToken);
        await UntilAsync(() => Task.FromResult(hosts.Serial(1, Guest).Contains('.', StringComparison.Ordinal)), "the guest prints on its serial port", cancellationToken);
        Say($"guest '{Guest}' ({vm}) runs on {source.Name} and prints on its serial port: {OneLine(hosts.Serial(1, Guest))}");

        var migration = await MigrateAsync(vm, source, destination, cancellationToken);
        await ProveAsync(cancellationToken);
        Table(migration);
        var history = await HistoryAsync(vm, cancellationToken);
        var raw = await RawAsync(cancellationToken);
        Say($"orchestrated {migration.TotalMs} ms, plain virsh migrate of the same guest {raw} ms");
        return new()
        {
            VmId = vm,
            Source = source.Name,
            Destination = destination.Name,
            TotalMs = migration.TotalMs ?? 0,
            DowntimeMs = migration.DowntimeMs,
            TransferredBytes = migration.TransferredBytes,
            Phases = [.. migration.PhaseTimes().Select(p => new DemoPhase(p.Name, p.Ms))],
            RawVirshTotalMs = raw,
            HistoryEvents = history,
        };
    }

    async Task<(HostRow Source, HostRow Destination)> FindHostsAsync(CancellationToken cancellationToken)
    {
        HostRow[] online = [];
        await UntilAsync(
            async () =>
            {
                online = [.. (await api.ListAsync("/v1/hosts", cancellationToken)).Select(h => h.Deserialize<HostRow>(HvJson.Options)!).Where(h => h.Status == "Online").OrderBy(h => h.Name, StringComparer.Ordinal)];
                return online.Length == DemoHosts.Count;
            },
            "both hosts have registered", cancellationToken);
        return (online[0], online[1]);
    }

    async Task<VmId> DefineAsync(HostRow host, CancellationToken cancellationToken)
    {
        Say("building the guest and defining it through POST /v1/vms");
        var id = new VmId(Guid.NewGuid());
        var definition = XElement.Parse(await hosts.BuildGuestAsync(Guest, PagesPerTick, MemoryMiB, cancellationToken));
        definition.Element("name")!.AddAfterSelf(new XElement("uuid", id.ToString()));
        await CommandAsync(
            HttpMethod.Post, "/v1/vms",
            new { hostId = host.Id, spec = new VmSpec { Id = id, Name = Guest, Vcpus = 1, MemoryMiB = MemoryMiB, NativeDefinition = definition.ToString() } },
            cancellationToken);
        return id;
    }

    async Task<MigrationRow> MigrateAsync(VmId vm, HostRow source, HostRow destination, CancellationToken cancellationToken)
    {
        Say($"POST /v1/vms/{vm}/migrations: {source.Name} to {destination.Name}");
        var operation = await api.CommandAsync(HttpMethod.Post, $"/v1/vms/{vm}/migrations", new { destinationHostId = destination.Id }, cancellationToken);
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

    /// <summary>The same instance runs on, there and only there: no reboot, no damaged page, no domain left behind.</summary>
    async Task ProveAsync(CancellationToken cancellationToken)
    {
        var before = hosts.Serial(2, Guest).Length;
        await UntilAsync(() => Task.FromResult(hosts.Serial(2, Guest).Length > before), "serial output continues on the destination", cancellationToken);
        var there = hosts.Serial(2, Guest);
        Check(!there.Contains('R', StringComparison.Ordinal), "the guest booted anew on the destination instead of running on");
        Check(!(hosts.Serial(1, Guest) + there).Contains('X', StringComparison.Ordinal), "the guest found a damaged page in its memory");
        Check(!await KnowsAsync(1, "--all", cancellationToken), "the source still has the domain");
        Check(await KnowsAsync(2, "--state-running", cancellationToken), "the destination does not run the guest");
        Say($"serial output continues on the destination ({OneLine(there)}), memory is intact, the source has no domain, exactly one copy runs");
    }

    async Task<bool> KnowsAsync(int host, string which, CancellationToken cancellationToken) =>
        (await hosts.VirshAsync(host, ["list", "--name", which], cancellationToken)).Output.Split('\n').Contains(Guest);

    /// <summary>The same guest, moved back by virsh with the flags the driver uses.</summary>
    async Task<long> RawAsync(CancellationToken cancellationToken)
    {
        Say("moving the same guest back with plain virsh migrate, to compare");
        var to = await hosts.MigrationUriAsync(1);
        var (_, took) = await hosts.VirshAsync(2, ["migrate", "--live", "--p2p", "--unsafe", "--persistent", "--undefinesource", Guest, to], cancellationToken);
        Check(await KnowsAsync(1, "--state-running", cancellationToken), "virsh migrate did not bring the guest back");
        return (long)took.TotalMilliseconds;
    }

    void Table(MigrationRow migration)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new("Migration") };
        table.AddColumns("phase", "ms");
        foreach (var (name, ms) in migration.PhaseTimes())
        {
            table.AddRow(name, $"{ms:0}");
        }

        table.AddRow("total", $"{migration.TotalMs}").AddRow("downtime", $"{migration.DowntimeMs}").AddRow("bytes moved", $"{migration.TransferredBytes}");
        console.Write(table);
    }

    async Task<int> HistoryAsync(VmId vm, CancellationToken cancellationToken)
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

    async Task CommandAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        var operation = await api.WaitAsync((await api.CommandAsync(method, path, body, cancellationToken)).Id, cancellationToken);
        Check(operation.Status == OperationStatus.Succeeded, $"{operation.Kind} ended as {operation.Status}: {Words(operation.Error)}");
    }

    static async Task UntilAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Check(clock.Elapsed < TimeSpan.FromSeconds(30), $"after 30 s still not: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    static void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new LocalServerException(otherwise);
        }
    }

    static string Words(ErrorInfo? error) => error is null ? "no error given" : $"{error.Message}{(error.NativeMessage is null ? "" : $" ({error.NativeCode}: {error.NativeMessage})")}{(error.Cause is null ? "" : $" — {Words(error.Cause)}")}";

    static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    void Say(string line) => console.MarkupLineInterpolated($"[grey]hv:[/] {line}");
}
