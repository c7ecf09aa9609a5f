using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.TestKit;

namespace HvPlatform.Benchmarks;

/// <summary>Records transfers of real QEMU guests between two libvirt hosts of this machine, for the estimators' tests. <c>HV_RECORD</c> names only some of them.</summary>
public static partial class TransferRecorder
{
    const int MostReports = 150;
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    // Rates as the test guest takes them: '0' is none, 'n' is 4<<n pages of 4 KiB, 18.2 times a second; so '5' is 9 MiB/s, '6' 18, '7' 36.
    static readonly Scenario[] s_scenarios =
    [
        new("idle-64-at-10", 64, '0', Cap: 10),
        new("idle-128-at-20", 128, '0', Cap: 20),
        new("idle-256-at-40", 256, '0', Cap: 40),
        new("idle-512-at-80", 512, '0', Cap: 80),
        new("idle-512-uncapped", 512, '0'),
        new("mostly-zero-256", 256, '0', WrittenMiB: 64, Cap: 15),
        new("mostly-zero-512", 512, '0', WrittenMiB: 128, Cap: 30),
        new("slow-writer-64", 64, '4', Cap: 20),
        new("slow-writer-128", 128, '4', Cap: 10),
        new("slow-writer-256", 256, '4', Cap: 15),
        new("writer-128", 128, '5', Cap: 20),
        new("writer-128-short-pause", 128, '6', Cap: 40, DowntimeMs: 50),
        new("writer-256", 256, '5', Cap: 20),
        new("writer-256-fast-link", 256, '6', Cap: 40),
        new("writer-256-short-pause", 256, '5', Cap: 40, DowntimeMs: 100),
        new("writer-512", 512, '6', Cap: 40),
        new("writer-512-fast", 512, '7', Cap: 80),
        new("writer-512-uncapped", 512, '7'),
        new("auto-converge-64", 64, '6', Cap: 12, AutoConverge: true),
        new("auto-converge-128", 128, '6', Cap: 15, AutoConverge: true),
        new("auto-converge-256", 256, '7', Cap: 40, AutoConverge: true),
        new("endless-then-more-speed", 128, '6', Cap: 10, AtMs: 12_000, Speed: 60),
        new("endless-then-more-speed-64", 64, '6', Cap: 10, AtMs: 10_000, Speed: 40),
        new("endless-then-longer-pause", 128, '6', Cap: 12, AtMs: 15_000, Pause: 12_000),
        new("endless-then-idle", 128, '7', Cap: 20, AtMs: 12_000, Rate: '0'),
        new("endless-then-slower-writer", 256, '6', Cap: 16, AtMs: 20_000, Rate: '4'),
        new("speed-doubled", 256, '0', Cap: 20, AtMs: 5_000, Speed: 40),
        new("speed-halved", 256, '5', Cap: 40, AtMs: 3_000, Speed: 20),
        new("idle-becomes-writer", 256, '0', Cap: 20, AtMs: 6_000, Rate: '4'),
        new("disk-256-idle", 128, '0', Cap: 40, DiskMiB: 256),
        new("disk-128-writer", 128, '5', Cap: 20, DiskMiB: 128),
        new("disk-512-idle", 64, '0', Cap: 80, DiskMiB: 512),
        new("disk-256-writer", 256, '6', Cap: 40, DiskMiB: 256),
        new("disk-512-uncapped", 128, '0', DiskMiB: 512),
        new("disk-64-writer", 64, '4', Cap: 12, DiskMiB: 64),
    ];

    /// <summary>Records all scenarios; a recording that is there already is left as it is.</summary>
    public static async Task RunAsync(BenchReport report)
    {
        if (LibvirtHosts.WhyNot() is { } reason)
        {
            Console.WriteLine($"skipped: {reason}");
            return;
        }

        var folder = Path.Combine(Repository.Root, "tests/UnitTests/Forecasting/Recordings");
        var only = Environment.GetEnvironmentVariable("HV_RECORD")?.Split(',');
        await using var hosts = await LibvirtHosts.StartAsync(2);
        await using var source = await hosts.ConnectAsync(1);
        foreach (var scenario in s_scenarios.Where(s => only?.Contains(s.Name) ?? !File.Exists(Path.Combine(folder, $"{s.Name}.jsonl"))))
        {
            try
            {
                var recorded = await RecordAsync(hosts, source, scenario);
                recorded.Write(Path.Combine(folder, $"{scenario.Name}.jsonl"), MostReports);
                report.Line(scenario.Name, recorded.End.AtMs, "ms", $"{recorded.End.Outcome}, {recorded.Reports.Count} reports, dirty rate {recorded.Vm.DirtyRateMiBps} MiB/s");
            }
            catch (Exception e) when (e is InvalidOperationException or HypervisorException or TimeoutException)
            {
                Console.WriteLine($"{scenario.Name}: not recorded: {e.Message}");
            }
        }
    }

    static async Task<RecordedTransfer> RecordAsync(LibvirtHosts hosts, LibvirtDriver source, Scenario s)
    {
        var name = s.Name;
        var id = await StartGuestAsync(hosts, source, s);
        var policy = new MigrationPolicy { BandwidthMiBps = s.Cap, MaxDowntimeMs = s.DowntimeMs, AutoConverge = s.AutoConverge };
        var dirtyRate = await DirtyRateAsync(hosts, name);
        var uri = (await hosts.OptionsAsync(2)).MigrationUri!;
        var log = new Log();
        using var stop = new CancellationTokenSource(s_patience);
        var changing = s.AtMs is { } at ? ChangeAsync(hosts, s, at) : Task.CompletedTask;
        var copying = s.DiskMiB > 0 ? CopyAsync(hosts, s, uri) : Task.CompletedTask;
        if (s.DiskMiB > 0)
        {
            await Eventually.Until(async () => (await source.Migration!.InspectAsync(id, default)).TransferRunning || copying.IsCompleted, "the copy runs");
        }

        var result = await source.Migration!.TransferAsync(new TransferRequest(id, uri, policy), log, stop.Token);
        var end = new RecordedEnd(log.NowMs, result.Outcome, result.DowntimeMs, result.TransferredBytes);
        await changing;
        await copying;
        await using (var destination = await hosts.ConnectAsync(2))
        {
            await (result.Outcome == VmTransferOutcome.Completed ? destination : source).ForceOffAsync(id, default);
        }

        await hosts.VirshAsync(result.Outcome == VmTransferOutcome.Completed ? 2 : 1, "undefine", name);
        return new RecordedTransfer(new RecordedVm(name, s.About, s.MemoryMiB, s.DiskMiB, dirtyRate, policy), log.Reports, end);
    }

    static async Task<VmId> StartGuestAsync(LibvirtHosts hosts, LibvirtDriver source, Scenario s)
    {
        var disk = await hosts.NewDiskAsync(s.Name, 1024, s.WrittenMiB ?? s.MemoryMiB);
        var xml = await hosts.DomainXmlAsync(s.Name, s.MemoryMiB, disk);
        if (s.DiskMiB > 0)
        {
            xml = xml.Replace(
                "    <controller type='scsi'",
                $"    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{LibvirtHosts.PrivateFolder}/{s.Name}.raw'/><target dev='vdb' bus='virtio'/></disk>\n    <controller type='scsi'",
                StringComparison.Ordinal);
            foreach (var host in (int[])[1, 2])
            {
                var folder = Directory.CreateDirectory(hosts.OnHost(host, LibvirtHosts.PrivateFolder)).FullName;
                var content = new byte[s.DiskMiB << 20];
                if (host == 1)
                {
                    new Random(1).NextBytes(content);
                }

                await File.WriteAllBytesAsync($"{folder}/{s.Name}.raw", content);
            }
        }

        var definition = $"{hosts.SharedFolder}/{s.Name}.xml";
        await File.WriteAllTextAsync(definition, xml);
        await hosts.VirshAsync(1, "define", definition);
        await hosts.VirshAsync(1, "start", s.Name);
        var id = VmId.From(Guid.Parse((await hosts.VirshAsync(1, "domuuid", s.Name)).Trim()));

        // One pass over its memory, so that no page is zero; then the rate of the scenario.
        await Eventually.Until(() => hosts.SerialLog(1, s.Name).Contains('+'), "the guest has written its memory", timeoutSeconds: 60);
        await hosts.TypeAsync(1, s.Name, s.Writes.ToString());
        await Task.Delay(500);
        return id;
    }

    static async Task<long?> DirtyRateAsync(LibvirtHosts hosts, string name)
    {
        await hosts.VirshAsync(1, "domdirtyrate-calc", name, "--seconds", "1");
        long? rate = null;
        await Eventually.Until(
            async () => (rate = Megabytes().Match(await hosts.VirshAsync(1, "domstats", "--dirtyrate", name)) is { Success: true } m
                ? long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)
                : null) is not null,
            "the dirty rate is measured");
        return rate;
    }

    static async Task ChangeAsync(LibvirtHosts hosts, Scenario s, int atMs)
    {
        await Task.Delay(atMs);
        if (s.Speed is { } speed)
        {
            await hosts.VirshAsync(1, "migrate-setspeed", s.Name, speed.ToString(CultureInfo.InvariantCulture));
        }

        if (s.Pause is { } pause)
        {
            await hosts.VirshAsync(1, "migrate-setmaxdowntime", s.Name, pause.ToString(CultureInfo.InvariantCulture));
        }

        if (s.Rate is { } rate)
        {
            await hosts.TypeAsync(1, s.Name, rate.ToString());
        }
    }

    static Task<string> CopyAsync(LibvirtHosts hosts, Scenario s, string uri)
    {
        string[] cap = s.Cap is { } c ? ["--bandwidth", c.ToString(CultureInfo.InvariantCulture)] : [];
        return hosts.VirshAsync(
            1, ["migrate", "--live", "--p2p", "--unsafe", "--persistent", "--undefinesource", "--copy-storage-all", "--migrate-disks", "vdb", .. cap, s.Name, uri]);
    }

    [GeneratedRegex(@"dirtyrate\.megabytes_per_second=(\d+)")]
    private static partial Regex Megabytes();

    sealed record Scenario(
        string Name, long MemoryMiB, char Writes, long? WrittenMiB = null, int? Cap = null, int? DowntimeMs = null, bool AutoConverge = false, long DiskMiB = 0,
        int? AtMs = null, int? Speed = null, int? Pause = null, char? Rate = null)
    {
        static int Pages(char rate) => rate == '0' ? 0 : 4 << (rate - '0');

        public string About => string.Join(
            ", ",
            ((string?[])
            [
                Writes == '0' ? "idle" : $"writes {Pages(Writes) * 18.2 / 256:0} MiB/s within {(WrittenMiB ?? MemoryMiB) - 10} MiB",
                AtMs is { } at ? $"after {at} ms:" : null,
                Speed is { } speed ? $"cap {speed} MiB/s" : null,
                Pause is { } pause ? $"pause up to {pause} ms" : null,
                Rate is { } rate ? $"writes {Pages(rate) * 18.2 / 256:0} MiB/s" : null,
            ]).OfType<string>());
    }

    sealed class Log : IProgress<MigrationProgress>
    {
        readonly Stopwatch _clock = Stopwatch.StartNew();
        readonly List<RecordedReport> _reports = [];

        public long NowMs => _clock.ElapsedMilliseconds;

        public IReadOnlyList<RecordedReport> Reports => _reports;

        public void Report(MigrationProgress value) => _reports.Add(new RecordedReport(NowMs, value));
    }
}
