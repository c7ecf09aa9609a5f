using System.Xml.Linq;
using HvPlatform.ApiClient;
using Spectre.Console;

namespace HvPlatform.Cli.Demo;

/// <summary>The demo's story: define, start, migrate, prove, compare.</summary>
internal sealed class DemoRun(IAnsiConsole console, DemoHosts hosts, HvApiClient api) : DemoSteps(console, api)
{
    const string Guest = "demo";
    const int MemoryMiB = 128;

    // About 1.2 MB/s: the guest is seen to work, and one round of copying is nearly enough.
    const int PagesPerTick = 16;

    /// <summary>Tells it on the console and returns its figures. Throws at the first thing that is not as it must be.</summary>
    public async Task<DemoReport> RunAsync(CancellationToken cancellationToken)
    {
        var (source, destination) = await FindHostsAsync(DemoHosts.Count, cancellationToken);
        var vm = await DefineAsync(source, cancellationToken);
        await DoneAsync(await Api.StartVmAsync(vm, cancellationToken: cancellationToken), cancellationToken);
        await UntilAsync(() => Task.FromResult(hosts.Serial(1, Guest).Contains('.', StringComparison.Ordinal)), "the guest prints on its serial port", cancellationToken);
        Say($"guest '{Guest}' ({vm}) runs on {source.Name} and prints on its serial port: {OneLine(hosts.Serial(1, Guest))}");

        var migration = await MigrateAsync(vm, source, destination, new(), cancellationToken);
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
            Phases = [.. PhaseTimes(migration).Select(p => new DemoPhase(p.Name, p.Ms))],
            RawVirshTotalMs = raw,
            HistoryEvents = history,
        };
    }

    async Task<Guid> DefineAsync(HostView host, CancellationToken cancellationToken)
    {
        Say("building the guest and defining it through POST /v1/vms");
        var id = Guid.NewGuid();
        var definition = XElement.Parse(await hosts.BuildGuestAsync(Guest, PagesPerTick, MemoryMiB, cancellationToken));
        definition.Element("name")!.AddAfterSelf(new XElement("uuid", id.ToString()));
        await DoneAsync(await Api.DefineVmAsync(new() { HostId = host.Id, Spec = new VmSpec { Id = id, Name = Guest, Vcpus = 1, MemoryMiB = MemoryMiB, NativeDefinition = definition.ToString() } }, cancellationToken: cancellationToken), cancellationToken);
        return id;
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

    static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
