using System.Diagnostics;
using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.TestKit;

namespace HvPlatform.Benchmarks;

/// <summary>The driver's whole handshake beside plain virsh, for the same idle 128 MiB guest moving to and fro in the same run; a scan of 20 guests; and idle and dirtying guests on shared and copied disks.</summary>
public static class LibvirtMigrationBench
{
    const int Rounds = 6;
    const string Guest = "bench";

    /// <summary>Runs it, or says why it cannot.</summary>
    public static async Task RunAsync(BenchReport report)
    {
        if (LibvirtHosts.WhyNot() is { } reason)
        {
            Console.WriteLine($"skipped: {reason}");
            return;
        }

        await using var hosts = await LibvirtHosts.StartAsync(2);
        await using var one = await hosts.ConnectAsync(1);
        await using var two = await hosts.ConnectAsync(2);
        var id = new VmId(Guid.NewGuid());
        await one.Definition!.DefineAsync(id, await hosts.NewSpecAsync(Guest), CancellationToken.None);
        await one.StartAsync(id, CancellationToken.None);
        await Eventually.Until(() => hosts.SerialLog(1, Guest).Contains('.'), "the guest runs");

        List<double> direct = [], peer = [], whole = [], transfer = [], downtime = [];
        for (var i = 0; i < Rounds; i++)
        {
            // Four moves: the guest is back on host 1 after each round, and both ways of each pair take turns in direction.
            direct.Add(await VirshAsync(hosts, 1, hosts.Uri(2)));
            var (total, result, inTransfer) = await DriverAsync(two, one, id);
            whole.Add(total);
            transfer.Add(inTransfer);
            downtime.Add(result.DowntimeMs ?? 0);
            peer.Add(await VirshAsync(hosts, 1, (await hosts.OptionsAsync(2)).MigrationUri!, "--p2p"));
            (total, result, inTransfer) = await DriverAsync(two, one, id);
            whole.Add(total);
            transfer.Add(inTransfer);
            downtime.Add(result.DowntimeMs ?? 0);
        }

        report.Line("libvirt migration, driver's transfer alone, median", Median(transfer), "ms", "virsh migrate --p2p", Median(peer));
        report.Line("libvirt migration, all steps of the driver, median", Median(whole), "ms", "virsh migrate", Median(direct), "virsh + 150 ms");
        report.Line("libvirt migration, guest downtime, median", Median(downtime), "ms");
        await one.ForceOffAsync(id, CancellationToken.None);
        await ScanAsync(report, hosts, one);
        await CompareAsync(report);
    }

    /// <summary>
    /// The driver's handshake beside virsh for an idle and a dirtying guest, on shared and on private disks, to and fro in the same run; and the
    /// downtime each side says it had. Prints one line for each.
    /// </summary>
    public static async Task CompareAsync(BenchReport report)
    {
        if (LibvirtHosts.WhyNot() is { } reason)
        {
            Console.WriteLine($"skipped: {reason}");
            return;
        }

        await using var hosts = await LibvirtHosts.StartAsync(2);
        await using var one = await hosts.ConnectAsync(1);
        await using var two = await hosts.ConnectAsync(2);
        foreach (var copied in (bool[])[false, true])
        {
            foreach (var busy in (bool[])[false, true])
            {
                await CompareAsync(report, hosts, one, two, busy, copied);
            }
        }
    }

    static async Task CompareAsync(BenchReport report, LibvirtHosts hosts, LibvirtDriver one, LibvirtDriver two, bool busy, bool copied)
    {
        var name = $"{(busy ? "dirtying" : "idle")}-{(copied ? "private" : "shared")}";
        var spec = copied ? await hosts.NewPrivateSpecAsync(1, name, busy) : await hosts.NewSpecAsync(name, busy);
        var policy = new MigrationPolicy { Storage = copied ? MigrationStorage.CopyFull : MigrationStorage.Shared };
        var id = new VmId(Guid.NewGuid());
        await one.Definition!.DefineAsync(id, spec, CancellationToken.None);
        await one.StartAsync(id, CancellationToken.None);
        await Eventually.Until(() => hosts.SerialLog(1, name).Contains(busy ? '+' : '.'), "the guest is up", 60);
        List<double> virsh = [], driver = [], virshDowntime = [], driverDowntime = [];
        for (var i = 0; i < Rounds; i++)
        {
            virsh.Add(await VirshMoveAsync(hosts, name, copied ? spec.Disks[0].Source : null));
            virshDowntime.Add(await DowntimeAsync(hosts, 2, name));
            ForgetCopy(hosts, 1, copied, spec);
            var (total, result, _) = await DriverAsync(two, one, id, policy);
            driver.Add(total);
            driverDowntime.Add(result.DowntimeMs ?? 0);
            ForgetCopy(hosts, 2, copied, spec);
        }

        var what = $"libvirt migration, {(busy ? "dirtying" : "idle")} guest, {(copied ? "disk copied" : "shared disk")}, median";
        report.Line($"{what}: all steps of the driver", Median(driver), "ms", "virsh migrate", Median(virsh));
        report.Line($"{what}: downtime", Median(driverDowntime), "ms", "virsh's own figure", Median(virshDowntime));
        await one.ForceOffAsync(id, CancellationToken.None);
        await one.Definition.DeleteAsync(id, CancellationToken.None);
    }

    static async Task<double> VirshMoveAsync(LibvirtHosts hosts, string name, string? copied)
    {
        var destination = (await hosts.OptionsAsync(2)).MigrationUri!;
        if (copied is null)
        {
            return await TimeAsync(() => hosts.VirshAsync(1, "migrate", "--live", "--p2p", "--unsafe", "--persistent", "--undefinesource", name, destination));
        }

        // virsh alone would need the file made by hand as well; that is counted.
        return await TimeAsync(async () =>
        {
            await LibvirtHosts.QemuImgAsync("create", "-q", "-f", "qcow2", hosts.OnHost(2, copied), "16M");
            await hosts.VirshAsync(1, "migrate", "--live", "--p2p", "--copy-storage-all", "--persistent", "--undefinesource", name, destination);
        });
    }

    /// <summary>The downtime of the guest's last migration as virsh tells it on the destination, ms.</summary>
    public static async Task<double> DowntimeAsync(LibvirtHosts hosts, int host, string name)
    {
        var line = (await hosts.VirshAsync(host, "domjobinfo", name, "--completed")).Split('\n').FirstOrDefault(l => l.StartsWith("Total downtime", StringComparison.Ordinal));
        return double.Parse(line?.Split(':')[1].Trim().Split(' ')[0] ?? "0", CultureInfo.InvariantCulture);
    }

    static void ForgetCopy(LibvirtHosts hosts, int left, bool copied, VmSpec spec)
    {
        if (copied)
        {
            File.Delete(hosts.OnHost(left, spec.Disks[0].Source!));
        }
    }

    static async Task ScanAsync(BenchReport report, LibvirtHosts hosts, LibvirtDriver driver)
    {
        for (var i = 0; i < 20; i++)
        {
            var id = new VmId(Guid.NewGuid());
            await driver.Definition!.DefineAsync(id, await hosts.NewSpecAsync($"scan-{i}"), CancellationToken.None);
            await driver.StartAsync(id, CancellationToken.None);
        }

        await driver.ListAsync(CancellationToken.None);
        List<double> scans = [], virsh = [];
        for (var i = 0; i < Rounds; i++)
        {
            scans.Add(await TimeAsync(() => driver.ListAsync(CancellationToken.None)));
            virsh.Add(await TimeAsync(() => hosts.VirshAsync(1, "domstats")));
        }

        report.Line("libvirt scan of 20 running guests, median", Median(scans), "ms", "virsh domstats", Median(virsh));
    }

    static async Task<(double TotalMs, TransferResult Result, double TransferMs)> DriverAsync(LibvirtDriver from, LibvirtDriver to, VmId id, MigrationPolicy? given = null)
    {
        var policy = given ?? new MigrationPolicy();
        var clock = Stopwatch.StartNew();
        var (_, facts) = await from.Migration!.CheckSourceAsync(id, policy, CancellationToken.None);
        var findings = await to.Migration!.CheckDestinationAsync(facts!, policy, CancellationToken.None);
        var uri = await to.Migration.PrepareDestinationAsync(facts!, policy, CancellationToken.None);
        var began = clock.Elapsed.TotalMilliseconds;
        var result = await from.Migration.TransferAsync(new TransferRequest(id, uri, policy, facts), new Progress<MigrationProgress>(), CancellationToken.None);
        var ended = clock.Elapsed.TotalMilliseconds;
        await to.Migration.FinishDestinationAsync(id, facts, CancellationToken.None);
        await from.Migration.ConfirmSourceAsync(id, CancellationToken.None);
        return result.Outcome == VmTransferOutcome.Completed && findings.All(f => f.Passed)
            ? (clock.Elapsed.TotalMilliseconds, result, ended - began)
            : throw new InvalidOperationException($"The migration did not complete: {result}");
    }

    static Task<double> VirshAsync(LibvirtHosts hosts, int from, string to, params string[] more) =>
        TimeAsync(() => hosts.VirshAsync(from, ["migrate", "--live", "--unsafe", "--persistent", "--undefinesource", .. more, Guest, to]));

    static async Task<double> TimeAsync(Func<Task> action)
    {
        var clock = Stopwatch.StartNew();
        await action();
        return clock.Elapsed.TotalMilliseconds;
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
