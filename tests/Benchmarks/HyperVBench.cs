using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Xml;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;

namespace HvPlatform.Benchmarks;

/// <summary>The Hyper-V driver against simulated hosts, which run in a process of their own so that their processor time does not count as the driver's.</summary>
internal static class HyperVBench
{
    const int Inventory = 1000;
    const int PolledHosts = 50;
    const int PolledVmsEach = 500;
    static readonly TimeSpan s_poll = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(BenchReport report)
    {
        await InventoryAsync(report);
        await PollingAsync(report);
        await MigrationAsync(report);
    }

    /// <summary>One host with 1,000 VMs, read whole.</summary>
    static async Task InventoryAsync(BenchReport report)
    {
        await using var fleet = await Simulator.StartAsync(1, Inventory);
        await using var driver = await ConnectAsync(fleet.Hosts[0]);
        await driver.ListAsync(default);
        var before = await fleet.RequestsAsync();
        var listed = (await driver.ListAsync(default)).Vms.Count;
        var requests = await fleet.RequestsAsync() - before;
        var raw = await MedianAsync(5, () => RawAsync(fleet.Hosts[0]));
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var whole = await MedianAsync(5, () => driver.ListAsync(default));
        allocated = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / 5;
        report.Line($"full inventory of {listed} VMs, median of 5", whole, "ms", "five of its classes enumerated with all their members", raw, "<= 1000 ms");
        report.Line("requests for it, each answer within 500 kB", requests, "requests", aim: "<= 30");
        report.Line("allocated for it", allocated / 1024.0 / Math.Max(1, listed), "KiB per VM");
        await ParsingAsync(report, fleet.Hosts[0]);
    }

    /// <summary>Instances read of one answer of the host, beside a bare reader on the same bytes.</summary>
    static async Task ParsingAsync(BenchReport report, string address)
    {
        const int Rounds = 20;
        var instances = new List<CimInstance>();
        await using (var session = new WsManSession(Options(address)))
        {
            await foreach (var one in session.EnumerateAsync(CimPath.Virtualization, "Msvm_VirtualSystemSettingData", default))
            {
                instances.Add(one);
            }
        }

        var texts = instances.Take(200).Select(CimXml.Write).ToList();
        var megabytes = texts.Sum(t => (double)t.Length) * Rounds / 1e6;
        var ours = Time(() => texts.ForEach(t => CimXml.Read(t)), Rounds);
        var bare = Time(() => texts.ForEach(Skim), Rounds);
        report.Line("embedded instances read", megabytes / ours, "MB/s", "XmlReader bare", megabytes / bare);

        static void Skim(string text)
        {
            using var reader = XmlReader.Create(new StringReader(text));
            while (reader.Read())
            {
            }
        }

        static double Time(Action action, int rounds)
        {
            action();
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < rounds; i++)
            {
                action();
            }

            return clock.Elapsed.TotalSeconds;
        }
    }

    /// <summary>A fleet looked at for changes every three seconds, nothing changing: the driver's own processor time.</summary>
    static async Task PollingAsync(BenchReport report)
    {
        await using var fleet = await Simulator.StartAsync(PolledHosts, PolledHosts * PolledVmsEach);
        using var stop = new CancellationTokenSource();
        var drivers = new List<HyperVDriver>();
        foreach (var address in fleet.Hosts)
        {
            drivers.Add(await ConnectAsync(address));
        }

        var watching = drivers.Select(d => WatchAsync(d, stop.Token)).ToList();
        await Task.Delay(s_poll * 2);
        using var self = Process.GetCurrentProcess();
        var (cpu, theirs, clock) = (self.TotalProcessorTime, fleet.Cpu, Stopwatch.StartNew());
        await Task.Delay(s_poll * 5);
        self.Refresh();
        var share = (self.TotalProcessorTime - cpu) / clock.Elapsed * 100;
        var simulated = (fleet.Cpu - theirs) / clock.Elapsed * 100;
        report.Line($"{PolledHosts} hosts with {PolledVmsEach} VMs each, polled every {s_poll.TotalSeconds:0} s", share, "% of a core", "hvsim's own", simulated, "<= 20 % of a core");
        await stop.CancelAsync();
        await Task.WhenAll(watching);
        foreach (var driver in drivers)
        {
            await driver.DisposeAsync();
        }

        static async Task WatchAsync(HyperVDriver driver, CancellationToken cancellationToken)
        {
            try
            {
                await foreach (var _ in driver.WatchAsync(cancellationToken))
                {
                }
            }
            catch (OperationCanceledException)
            {
                // Its time is over.
            }
        }
    }

    /// <summary>A VM moved with its disks by the driver's steps, as the saga calls them, over what the host's own job took.</summary>
    static async Task MigrationAsync(BenchReport report)
    {
        const int Moves = 6;
        await using var fleet = await Simulator.StartAsync(2, 4);
        await using var one = await ConnectAsync(fleet.Hosts[0]);
        await using var other = await ConnectAsync(fleet.Hosts[1]);
        var vm = (await one.ListAsync(default)).Vms.OrderByDescending(v => v.State == VmState.Running).First().Id;
        var policy = new MigrationPolicy { Storage = MigrationStorage.CopyFull };
        var (overheads, jobs) = (new List<double>(), new List<double>());
        for (var i = 0; i < Moves; i++)
        {
            var (from, to) = i % 2 == 0 ? (one.Migration!, other.Migration!) : (other.Migration!, one.Migration!);
            var clock = Stopwatch.StartNew();
            var (findings, facts) = await from.CheckSourceAsync(vm, policy, default);
            if (facts is null)
            {
                throw new InvalidOperationException($"The VM cannot be moved: {string.Join("; ", findings.Where(f => !f.Passed).Select(f => f.Detail))}");
            }

            var wrong = (await to.CheckDestinationAsync(facts, policy, default)).Where(f => !f.Passed).ToList();
            var uri = wrong.Count == 0 ? await to.PrepareDestinationAsync(facts, policy, default) : throw new InvalidOperationException($"The VM cannot come: {string.Join("; ", wrong.Select(f => f.Detail))}");
            var result = await from.TransferAsync(new(vm, uri, policy, facts), new Progress<MigrationProgress>(), default);
            if (result.Error is { } error)
            {
                throw new InvalidOperationException($"{error.Message} {error.NativeMessage}");
            }

            await to.FinishDestinationAsync(vm, facts, default);
            await from.ConfirmSourceAsync(vm, default);
            overheads.Add(clock.Elapsed.TotalMilliseconds - result.ElapsedMs!.Value);
            jobs.Add(result.ElapsedMs.Value);
        }

        report.Line("migration: the driver's steps over the job's own time, median", Median(overheads), "ms", "the job's ElapsedTime", Median(jobs), "<= 150 ms");
    }

    static async Task<int> RawAsync(string address)
    {
        await using var session = new WsManSession(Options(address));
        var count = 0;
        foreach (var name in (string[])["Msvm_ComputerSystem", "Msvm_VirtualSystemSettingData", "Msvm_ProcessorSettingData", "Msvm_MemorySettingData", "Msvm_StorageAllocationSettingData"])
        {
            await foreach (var _ in session.EnumerateAsync(CimPath.Virtualization, name, default))
            {
                count++;
            }
        }

        return count;
    }

    static async Task<double> MedianAsync<T>(int runs, Func<Task<T>> run)
    {
        var times = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            var clock = Stopwatch.StartNew();
            await run();
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        return Median(times);
    }

    static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    static Task<HyperVDriver> ConnectAsync(string address) =>
        HyperVDriver.ConnectAsync(new HyperVOptions { Remote = Options(address), PollInterval = s_poll }, HyperVSessions.Open);

    static WsManOptions Options(string address) => new()
    {
        Address = new Uri(address),
        Authentication = WsManAuthentication.Basic,
        AllowUnencrypted = true,
        Credential = new NetworkCredential("Administrator", "Passw0rd!"),
    };

    /// <summary>hvsim as a process.</summary>
    sealed class Simulator : IAsyncDisposable
    {
        readonly Process process;

        Simulator(Process process, IReadOnlyList<string> hosts) => (this.process, Hosts) = (process, hosts);

        public IReadOnlyList<string> Hosts { get; }

        public Uri? Control { get; private init; }

        public TimeSpan Cpu
        {
            get
            {
                process.Refresh();
                return process.TotalProcessorTime;
            }
        }

        public static async Task<Simulator> StartAsync(int hosts, int vms)
        {
            string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
            var program = Path.Combine(TestKit.Repository.Root, "infra", "hyperv-simulator", "bin", "Release", "net10.0", "hvsim");
            var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
            foreach (var argument in (string[])["--hosts", Text(hosts), "--vms", Text(vms), "--port", "0", "--control-port", "0"])
            {
                start.ArgumentList.Add(argument);
            }

            var process = Process.Start(start) ?? throw new InvalidOperationException("hvsim did not start.");
            var addresses = new List<string>();
            Uri? control = null;
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                var words = line.Split(' ');
                if (words.FirstOrDefault(w => w.StartsWith("http://", StringComparison.Ordinal)) is { } address)
                {
                    if (words[0].StartsWith("HV", StringComparison.Ordinal))
                    {
                        addresses.Add(address);
                    }
                    else
                    {
                        control = new Uri(address.TrimEnd('.'));
                    }
                }

                if (line.Contains("Ctrl-C ends", StringComparison.Ordinal))
                {
                    break;
                }
            }

            return addresses.Count == hosts ? new Simulator(process, addresses) { Control = control } : throw new InvalidOperationException($"hvsim started {addresses.Count} of {hosts} hosts.");
        }

        /// <summary>Requests that all hosts have answered.</summary>
        public async Task<long> RequestsAsync()
        {
            using var http = new HttpClient();
            using var answer = System.Text.Json.JsonDocument.Parse(await http.GetStringAsync(new Uri(Control!, "/hosts")));
            return answer.RootElement.EnumerateArray().Sum(h => h.GetProperty("requests").GetInt64());
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
