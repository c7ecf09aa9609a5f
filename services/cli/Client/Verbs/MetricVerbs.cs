using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv vm metrics</c>, <c>hv host metrics</c>, <c>hv migration progress</c>: figures over time.</summary>
internal static class MetricVerbs
{
    static readonly Table<VmPoint> s_vm = new(
        p => Words.At(p.At),
        new("AT", p => Words.At(p.At)), new("CPU %", p => Words.Number(p.CpuPercent)), new("MEMORY", p => p.MemoryUsedMiB is { } used ? $"{used} MiB" : ""), new("DISK READ", p => Rate(p.DiskReadBytesPerSecond)),
        new("DISK WRITE", p => Rate(p.DiskWriteBytesPerSecond)), new("NET IN", p => Rate(p.NetReceivedBytesPerSecond)), new("NET OUT", p => Rate(p.NetSentBytesPerSecond)));

    static readonly Table<HostPoint> s_host = new(
        p => Words.At(p.At),
        new("AT", p => Words.At(p.At)), new("CPU %", p => Words.Number(p.CpuPercent)), new("MEMORY", p => p.MemoryUsedMiB is { } used ? $"{used}/{p.MemoryTotalMiB} MiB" : ""), new("VMS", p => $"{p.RunningVms}"));

    static readonly Table<MigrationPoint> s_migration = new(
        p => Words.At(p.At),
        new("AT", p => Words.AtMs(p.At)), new("%", p => Words.Number(p.Percent)), new("SENT", p => Words.Bytes(p.TransferredBytes)), new("REMAINING", p => Words.Bytes(p.RemainingBytes)), new("RATE", p => Rate(p.BytesPerSecond)),
        new("DIRTIED", p => Rate(p.DirtyBytesPerSecond)), new("LEFT", p => Words.Left((long?)(p.EtaLowSeconds * 1000), (long?)(p.EtaHighSeconds * 1000))));

    public static Command OfVm(Cli cli)
    {
        var vm = Find.VmArgument();
        var (from, to, step) = Range();
        return cli.Verb("metrics", "A VM's processor, memory, disks and network over time; the last hour if not said otherwise.", [vm, from, to, step], async run =>
        {
            var id = await Find.VmAsync(run, run.Get(vm));
            var answer = await run.Api.GetVmMetricsAsync(id, from: run.Get(from), to: run.Get(to), step: Seconds(run.Get(step)), cancellationToken: run.Cancelled);
            Print(run, answer, s_vm, answer.Value.Points);
            return ExitCodes.Done;
        });
    }

    public static Command OfHost(Cli cli)
    {
        var host = Find.HostArgument();
        var (from, to, step) = Range();
        return cli.Verb("metrics", "A host's processors, memory and VMs over time; the last hour if not said otherwise.", [host, from, to, step], async run =>
        {
            var id = await Find.HostAsync(run, run.Get(host));
            var answer = await run.Api.GetHostMetricsAsync(id, from: run.Get(from), to: run.Get(to), step: Seconds(run.Get(step)), cancellationToken: run.Cancelled);
            Print(run, answer, s_host, answer.Value.Points);
            return ExitCodes.Done;
        });
    }

    public static Command OfMigration(Cli cli)
    {
        var id = Find.IdArgument("migration", Completion.Completions.Migrations);
        return cli.Verb("progress", "How a migration's transfer went, over time.", [id], async run =>
        {
            var answer = await run.Api.GetMigrationProgressAsync(run.Get(id), cancellationToken: run.Cancelled);
            Print(run, answer, s_migration, answer.Value.Points);
            return ExitCodes.Done;
        });
    }

    static void Print<T>(Run run, Answer answer, Table<T> table, IReadOnlyList<T> points)
    {
        if (points.Count == 0 && run.Print.IsTable)
        {
            run.Print.Note("There are no figures of that time.");
            return;
        }

        run.Print.One(answer.Json, "", () => table.Lines(points, run.Print.IsWide, run.Print.HasHeaders));
    }

    static (Option<DateTimeOffset?> From, Option<DateTimeOffset?> To, Option<TimeSpan?> Step) Range() =>
    (
        new("--from") { Description = "From this instant: 2026-05-04T03:02:01Z, or a time ago such as 10m.", HelpName = "INSTANT", CustomParser = Instants.Parse },
        new("--to") { Description = "To this instant; now if not given.", HelpName = "INSTANT", CustomParser = Instants.Parse },
        Durations.Option("--step", "Time between two points, for example 1m.")
    );

    static int? Seconds(TimeSpan? step) => (int?)step?.TotalSeconds;

    static string Rate(long? bytes) => bytes is null ? "" : $"{Words.Bytes(bytes)}/s";
}
