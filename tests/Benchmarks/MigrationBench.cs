using System.Diagnostics;
using HvPlatform.Contracts;
using HvPlatform.HostAgent;
using HvPlatform.Inventory;
using HvPlatform.MigrationSaga;
using HvPlatform.Orchestrator;
using HvPlatform.ServiceKit;
using HvPlatform.TestKit;

namespace HvPlatform.Benchmarks;

/// <summary>What the platform adds to a migration: a real guest against plain virsh in the same run, and many simulated migrations at once.</summary>
static class MigrationBench
{
    const int Rounds = 7;

    public static async Task RunAsync(BenchReport report)
    {
        if (LibvirtHosts.WhyNot() is { } reason)
        {
            Console.WriteLine($"migration of a real guest: skipped. {reason}");
        }
        else
        {
            await RealGuestAsync(report, distributed: false);
            await RealGuestAsync(report, distributed: true);
        }
    }

    static HvModule[] Control() => [OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create()];

    static async Task RealGuestAsync(BenchReport report, bool distributed)
    {
        await using var hosts = await LibvirtHosts.StartAsync(2);
        var agents = new List<Dictionary<string, string?>>();
        for (var host = 1; host <= 2; host++)
        {
            agents.Add(await AgentAsync(hosts, host, distributed ? 0 : host - 1));
        }

        await using var platform = distributed
            ? await Platform.StartAsync(Control(), true, [])
            : await Platform.StartAsync([.. Control(), HostAgentModule.Create()], false, agents.SelectMany(a => a).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.First().Value));
        if (distributed)
        {
            foreach (var agent in agents)
            {
                await platform.AddAsync(HostAgentModule.Create(), agent);
            }
        }

        await Eventually.Until(async () => (await platform.ListAsync("/v1/hosts")).Length == 2, "both hosts have registered");
        var ids = (await platform.ListAsync("/v1/hosts")).ToDictionary(h => h.GetProperty("name").GetString()!, h => h.GetProperty("id").GetGuid());
        var spec = await hosts.NewSpecAsync("bench", memoryMiB: 128);
        var vm = (await platform.EndOfAsync(await platform.AcceptAsync("/v1/vms", new { hostId = ids["host-1"], spec }))).GetProperty("vmId").GetGuid();
        await Eventually.Until(async () => (await platform.ListAsync("/v1/vms")).Length == 1, "the VM is in the inventory");
        await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{vm}/start"));
        await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("state").GetString() == "Running", "the VM runs");
        await Eventually.Until(() => hosts.SerialLog(1, "bench").Contains('.'), "the guest is up");

        var (plain, orchestrated, downtimes) = (new List<double>(), new List<double>(), new List<double>());
        var phases = new Dictionary<string, List<double>>();
        var at = 1;
        for (var round = 0; round < Rounds; round++)
        {
            var destination = 3 - at;
            var uri = (await hosts.OptionsAsync(destination)).MigrationUri!;
            var clock = Stopwatch.StartNew();
            await hosts.VirshAsync(at, "migrate", "--live", "--p2p", "--unsafe", "--persistent", "--undefinesource", "bench", uri);
            plain.Add(clock.Elapsed.TotalMilliseconds);
            at = destination;
            await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("hostId").GetGuid() == ids[$"host-{at}"] && v.GetProperty("state").GetString() == "Running", "the inventory follows virsh's move");

            destination = 3 - at;
            clock.Restart();
            var operation = await platform.AcceptAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = ids[$"host-{destination}"] });
            var end = await platform.EndOfAsync(operation);
            orchestrated.Add(clock.Elapsed.TotalMilliseconds);
            if (end.GetProperty("status").GetString() != "Succeeded")
            {
                throw new InvalidOperationException($"The migration did not succeed: {end}");
            }

            var migration = await platform.UntilAsync($"/v1/migrations/{operation}", m => m.TryGetProperty("totalMs", out _), "the result is recorded");
            downtimes.Add(migration.GetProperty("downtimeMs").GetDouble());
            var entered = migration.GetProperty("phases").EnumerateArray().Select(p => (Name: p.GetProperty("phase").GetString()!, At: p.GetProperty("enteredAt").GetDateTimeOffset())).ToList();
            foreach (var (phase, next) in entered.Zip(entered.Skip(1)))
            {
                (phases.TryGetValue(phase.Name, out var times) ? times : phases[phase.Name] = []).Add((next.At - phase.At).TotalMilliseconds);
            }

            at = destination;
            await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("hostId").GetGuid() == ids[$"host-{at}"] && v.GetProperty("state").GetString() == "Running", "the inventory follows the move");
        }

        var how = distributed ? "service by service over RabbitMQ" : "all in one process";
        report.Line($"idle 128 MiB guest, POST to final status, {how} (median)", Median(orchestrated), "ms", "plain virsh migrate --p2p", Median(plain));
        report.Line($"  added by the platform, {how}", Median(orchestrated) - Median(plain), "ms", aim: "<= 150 ms");
        report.Line($"  downtime of the guest, {how}", Median(downtimes), "ms");
        foreach (var (phase, times) in phases)
        {
            report.Line($"    in phase {phase}", Median(times), "ms");
        }
    }

    public static async Task ManySimulatedAsync(BenchReport report)
    {
        const int migrations = 500;
        const int warmUp = 100;
        await using var platform = await Platform.StartAsync([.. Control(), HostAgentModule.Create()], distributed: true, new()
        {
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Hosts"] = "20",
            ["Hv:Agents:0:Simulated:VmsPerHost"] = "50",
            ["Hv:Agents:0:Simulated:VmMemoryMiB"] = "64",
            ["Hv:Agents:0:Simulated:BandwidthMiBps"] = "4096",
        });
        await Eventually.Until(async () => (await platform.GetAsync("/v1/hosts?limit=200")).GetProperty("items").EnumerateArray().Sum(h => h.GetProperty("vmCount").GetInt32()) == 1000, "the fleet is in the inventory", 60);
        var hosts = (await platform.ListAsync("/v1/hosts?limit=200")).Select(h => h.GetProperty("id").GetGuid()).ToList();
        var vms = new List<(Guid Vm, Guid Host)>();
        foreach (var host in hosts)
        {
            vms.AddRange((await platform.ListAsync($"/v1/vms?state=Running&host={host}&limit=200")).Select(v => (v.GetProperty("id").GetGuid(), host)));
        }

        // The first migrations pay for compiling the code; a control plane runs for weeks.
        await MigrateAsync(platform, hosts, vms.TakeLast(warmUp).ToList());
        var chosen = vms.Take(migrations).ToList();
        var (accepted, total, succeeded) = await MigrateAsync(platform, hosts, chosen);
        report.Line($"{chosen.Count} simulated migrations at once (after {warmUp} to warm up), RabbitMQ and PostgreSQL: all accepted", accepted, "s");
        report.Line("  all ended", total, "s", $"{succeeded} of {chosen.Count} succeeded");
        report.Line("  migrations to completion", chosen.Count / total, "1/s", aim: ">= 50/s");
    }

    static async Task<(double AcceptedSeconds, double TotalSeconds, int Succeeded)> MigrateAsync(Platform platform, List<Guid> hosts, List<(Guid Vm, Guid Host)> chosen)
    {
        var clock = Stopwatch.StartNew();
        var operations = new List<Guid>();
        foreach (var part in chosen.Chunk(50))
        {
            operations.AddRange(await Task.WhenAll(part.Select(v => platform.AcceptAsync($"/v1/vms/{v.Vm}/migrations", new { destinationHostId = hosts[(hosts.IndexOf(v.Host) + 1) % hosts.Count] }))));
        }

        var accepted = clock.Elapsed.TotalSeconds;
        var succeeded = 0;
        foreach (var operation in operations)
        {
            succeeded += (await platform.EndOfAsync(operation, 300)).GetProperty("status").GetString() == nameof(OperationStatus.Succeeded) ? 1 : 0;
        }

        return (accepted, clock.Elapsed.TotalSeconds, succeeded);
    }

    static async Task<Dictionary<string, string?>> AgentAsync(LibvirtHosts hosts, int host, int index)
    {
        var options = await hosts.OptionsAsync(host);
        var prefix = $"Hv:Agents:{index}";
        return new()
        {
            [$"{prefix}:Driver"] = "libvirt",
            [$"{prefix}:Uri"] = options.Uri,
            [$"{prefix}:MigrationUri"] = options.MigrationUri,
            [$"{prefix}:SharedPaths:0"] = hosts.SharedFolder,
            [$"{prefix}:ForceEmulation"] = "true",
            [$"{prefix}:SerialLogFolder"] = options.SerialLogFolder,
        };
    }

    static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
