using System.Diagnostics;
using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.Inventory;
using HvPlatform.Orchestrator;
using HvPlatform.ServiceKit.Bus;
using HvPlatform.Telemetry;
using HvPlatform.Telemetry.Samples;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HvPlatform.Benchmarks;

/// <summary>
/// The figures of 1,000 hosts with 25 VMs each at the rate they come, over RabbitMQ and PostgreSQL, and how long a fact takes from its publication to the line of a
/// listener's event stream.
/// </summary>
internal static class FiguresBench
{
    const int HostCount = 1000, VmsPerHost = 25, PerSecond = 200, Seconds = 30;

    public static async Task RunAsync(BenchReport report)
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var bus = await (await RabbitServer.SharedAsync()).CreateVirtualHostAsync();
        await using var host = await TestHost.StartAsync(database, bus.ToString(), [OrchestratorModule.Create(), InventoryModule.Create(), TelemetryModule.Create()]);
        await SamplesAsync(report, host);
        await LatencyAsync(report, host);
    }

    static async Task SamplesAsync(BenchReport report, TestHost host)
    {
        var bus = host.Services.GetRequiredService<IBus>();
        var source = host.Database(TelemetryModule.Schema).DataSource;
        var random = new Random(1);
        HostSampled[] fleet = [.. Enumerable.Range(0, HostCount).Select(_ => Sample(random))];
        await bus.PublishTransientAsync(fleet[0] with { At = TimeProvider.System.GetUtcNow() }, typeof(HostSampled), default);
        await Eventually.Until(async () => await ScalarAsync<long>(source, "SELECT count(*) FROM samples") == 1, "the first sample is written");

        using var process = Process.GetCurrentProcess();
        var wal = await ScalarAsync<decimal>(source, "SELECT pg_current_wal_lsn() - '0/0'");
        var (cpu, database, clock) = (process.TotalProcessorTime, await DatabaseCpuAsync(source), Stopwatch.StartNew());
        for (var sent = 0; sent < PerSecond * Seconds; sent += 10)
        {
            await Task.WhenAll(Enumerable.Range(sent, 10).Select(i => bus.PublishTransientAsync(fleet[i % HostCount] with { At = TimeProvider.System.GetUtcNow() }, typeof(HostSampled), default)));
            var ahead = TimeSpan.FromSeconds((sent + 10) / (double)PerSecond) - clock.Elapsed;
            await Task.Delay(ahead > TimeSpan.Zero ? ahead : TimeSpan.Zero);
        }

        var took = clock.Elapsed.TotalSeconds;
        await Eventually.Until(async () => await ScalarAsync<long>(source, "SELECT count(*) FROM samples") == (PerSecond * Seconds) + 1, "every sample is written", 60);
        process.Refresh();
        report.Line("samples published, taken and written", PerSecond * Seconds / took, "hosts/s", aim: $">= {PerSecond}");
        var elapsed = clock.Elapsed.TotalSeconds;
        report.Line("rows of VMs in them", PerSecond * Seconds * VmsPerHost / took, "VMs/s");
        report.Line("processor time for it, publishers and telemetry together", (process.TotalProcessorTime - cpu).TotalSeconds / elapsed * 100, "% of a core");
        report.Line("processor time of PostgreSQL for it", (await DatabaseCpuAsync(source) - database).TotalSeconds / elapsed * 100, "% of a core");
        report.Line("write-ahead log", (double)(await ScalarAsync<decimal>(source, "SELECT pg_current_wal_lsn() - '0/0'") - wal) / took / 1024, "KiB/s");
        var row = await RowBytesAsync(source, "samples");
        report.Line("a row with its index", row, "bytes");
        report.Line("written in a day", row * PerSecond * 86_400 / 1e9, "GB/day");

        clock.Restart();
        await host.Services.GetRequiredService<SampleUpkeep>().RunAsync(TimeProvider.System.GetUtcNow().AddMinutes(3), default);
        report.Line($"rolling {PerSecond * Seconds} samples up to means of a minute", clock.ElapsedMilliseconds, "ms");
        var mean = await RowBytesAsync(source, "samples_1m");
        var keep = new TelemetryOptions();
        report.Line("kept: samples", row * PerSecond * keep.KeepSamples.TotalSeconds / 1e9, "GB");
        report.Line("kept: means of a minute and of a quarter of an hour", mean * HostCount * (keep.KeepMinutes.TotalMinutes + (keep.KeepQuarters.TotalMinutes / 15)) / 1e9, "GB");
        var reads = new List<double>();
        for (var i = 0; i < 100; i++)
        {
            clock.Restart();
            await ScalarAsync<long>(source, $"SELECT count(*) FROM vm_points('{fleet[random.Next(HostCount)].Vms[3].VmId}', now() - interval '1 hour', now(), interval '15 seconds')");
            reads.Add(clock.Elapsed.TotalMilliseconds);
        }

        report.Line("a VM's figures of the last hour, p95", Percentile(reads, 0.95), "ms");
    }

    static async Task LatencyAsync(BenchReport report, TestHost host)
    {
        var bus = host.Services.GetRequiredService<IBus>();
        var id = new HostId(Guid.NewGuid());
        var vm = SimulatedFleet.NewVm(new VmId(Guid.NewGuid()), "watched", 2, 1024, VmState.Running);
        await bus.PublishKeyedAsync(
            new HostRegistered
            {
                HostId = id,
                Name = "alpha",
                Kind = HypervisorKind.Simulated,
                AgentVersion = "1",
                AgentStartedAt = TimeProvider.System.GetUtcNow(),
                HeartbeatSeconds = 600,
                Generation = 1,
                Capabilities = new() { Hypervisor = "x", CpuModel = "y", CpuCount = 1, MemoryMiB = 65_536, Facets = [] },
            },
            id.Value, default);
        using var http = TestAccess.Client(host.Url);
        using var response = await http.GetAsync($"/v1/events?live=true&vm={vm.Id}&types=vm_discovered,vm_state_changed", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        var times = new List<double>();
        for (var i = 0; i < 201; i++)
        {
            var clock = Stopwatch.StartNew();
            await bus.PublishKeyedAsync(
                new VmObserved { HostId = id, Vm = vm with { State = i % 2 == 0 ? VmState.Running : VmState.Paused }, Generation = i + 2, ObservedAt = TimeProvider.System.GetUtcNow(), Cause = "bench" },
                vm.Id.Value, default);
            while (await lines.ReadLineAsync() is { } line && !line.StartsWith("data: ", StringComparison.Ordinal))
            {
            }

            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        times.RemoveAt(0);
        report.Line("a VM's change, publication to the listener's line, p50", Percentile(times, 0.50), "ms");
        report.Line("a VM's change, publication to the listener's line, p95", Percentile(times, 0.95), "ms", aim: "<= 500 ms to the pixel");
    }

    static HostSampled Sample(Random random) => new()
    {
        HostId = new(Guid.NewGuid()),
        At = default,
        IntervalSeconds = 5,
        CpuPercent = random.Next(100),
        MemoryUsedMiB = 100_000,
        MemoryTotalMiB = 262_144,
        RunningVms = VmsPerHost,
        Vms =
        [
            .. Enumerable.Range(0, VmsPerHost).Select(_ => new HostVmSample
            {
                VmId = new(Guid.NewGuid()),
                CpuPercent = Math.Round(random.NextDouble() * 100, 1),
                MemoryUsedMiB = random.Next(8192),
                DiskReadBytesPerSecond = random.Next(50_000_000),
                DiskWriteBytesPerSecond = random.Next(50_000_000),
                NetReceivedBytesPerSecond = random.Next(50_000_000),
                NetSentBytesPerSecond = random.Next(50_000_000),
            }),
        ],
    };

    /// <summary>A row of a partitioned table with its part of the index.</summary>
    static async Task<double> RowBytesAsync(NpgsqlDataSource source, string table) => (double)await ScalarAsync<decimal>(
        source, $"SELECT sum(pg_total_relation_size(inhrelid)) / (SELECT count(*) FROM {table}) FROM pg_inherits WHERE inhparent = '{table}'::regclass AND pg_total_relation_size(inhrelid) > 32768");

    /// <summary>Processor time of the server's processes that are there now.</summary>
    static async Task<TimeSpan> DatabaseCpuAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("SELECT pid FROM pg_stat_activity");
        await using var reader = await command.ExecuteReaderAsync();
        long ticks = 0;
        while (await reader.ReadAsync())
        {
            // After the name in parentheses: user time is the 12th word, system time the 13th, in hundredths of a second.
            var path = $"/proc/{reader.GetInt32(0)}/stat";
            var words = File.Exists(path) ? (await File.ReadAllTextAsync(path)).Split(") ")[^1].Split(' ') : [];
            ticks += words.Length > 12 ? long.Parse(words[11], CultureInfo.InvariantCulture) + long.Parse(words[12], CultureInfo.InvariantCulture) : 0;
        }

        return TimeSpan.FromMilliseconds(ticks * 10);
    }

    static double Percentile(List<double> values, double p) => values.Order().ElementAt((int)Math.Ceiling(values.Count * p) - 1);

    static async Task<T> ScalarAsync<T>(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
