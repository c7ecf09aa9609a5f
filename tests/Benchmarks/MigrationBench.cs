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
    const int Rounds = 8;

    public static async Task RunAsync(BenchReport report)
    {
        if (LibvirtHosts.WhyNot() is { } reason)
        {
            Console.WriteLine($"migration of a real guest: skipped. {reason}");
        }
        else
        {
            await RealGuestsAsync(report, distributed: false, [new(false, false), new(true, false), new(false, true), new(true, true)]);
            await RealGuestsAsync(report, distributed: true, [new(false, false)]);
        }

        await ManySimulatedAsync(report);
        await RecoveryBench.RunAsync(report);
    }

    /// <summary>A guest to move: whether it dirties its memory, and whether its disk is on one host only and has to be copied.</summary>
    readonly record struct GuestKind(bool Busy, bool Copied)
    {
        public string Name => $"{(Busy ? "dirtying" : "idle")}-{(Copied ? "copied" : "shared")}";

        public override string ToString() => $"{(Busy ? "dirtying" : "idle")} 128 MiB guest, {(Copied ? "disk copied" : "shared disk")}";
    }

    static HvModule[] Control() => [OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create()];

    static async Task RealGuestsAsync(BenchReport report, bool distributed, GuestKind[] kinds)
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
        foreach (var kind in kinds)
        {
            await RealGuestAsync(report, distributed, hosts, platform, kind);
        }
    }

    /// <summary>To by virsh and back by the platform, then the other way round, so that neither has the better direction.</summary>
    static async Task RealGuestAsync(BenchReport report, bool distributed, LibvirtHosts hosts, Platform platform, GuestKind kind)
    {
        var ids = (await platform.ListAsync("/v1/hosts")).ToDictionary(h => h.GetProperty("name").GetString()!, h => h.GetProperty("id").GetGuid());
        var spec = kind.Copied ? await hosts.NewPrivateSpecAsync(1, kind.Name, kind.Busy) : await hosts.NewSpecAsync(kind.Name, kind.Busy);
        var disk = kind.Copied ? spec.Disks[0].Source : null;
        var vm = (await platform.EndOfAsync(await platform.AcceptAsync("/v1/vms", new { hostId = ids["host-1"], spec }))).GetProperty("vmId").GetGuid();
        await Eventually.Until(async () => (await platform.ListAsync("/v1/vms")).Any(v => v.GetProperty("id").GetGuid() == vm), "the VM is in the inventory");
        await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{vm}/start"));
        await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("state").GetString() == "Running", "the VM runs");
        await Eventually.Until(() => hosts.SerialLog(1, kind.Name).Contains(kind.Busy ? '+' : '.'), "the guest is up", 60);

        var (plain, orchestrated, plainDowntime, downtime) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var phases = new Dictionary<string, List<double>>();
        var at = 1;
        for (var move = 0; move < 2 * Rounds; move++)
        {
            // virsh, platform, platform, virsh: each goes as often there as back.
            var destination = 3 - at;
            if ((move & 3) is 0 or 3)
            {
                plain.Add(await VirshAsync(hosts, at, destination, kind.Name, disk));
                plainDowntime.Add(await LibvirtMigrationBench.DowntimeAsync(hosts, destination, kind.Name));
            }
            else
            {
                orchestrated.Add(await MoveAsync(platform, vm, ids[$"host-{destination}"], kind, downtime, phases));
            }

            if (disk is not null)
            {
                File.Delete(hosts.OnHost(at, disk));
            }

            at = destination;
            await platform.UntilAsync($"/v1/vms/{vm}", v => v.GetProperty("hostId").GetGuid() == ids[$"host-{at}"] && v.GetProperty("state").GetString() == "Running", "the inventory follows the move");
        }

        var how = distributed ? "service by service over RabbitMQ" : "all in one process";
        report.Line($"{kind}, POST to final status, {how} (median)", Median(orchestrated), "ms", "plain virsh migrate --p2p", Median(plain));
        report.Line($"  added by the platform, {how}", Median(orchestrated) - Median(plain), "ms", aim: kind is { Busy: false, Copied: false } ? "<= 150 ms" : null);
        report.Line($"  downtime of the guest, {how}", Median(downtime), "ms", "virsh's own figure", Median(plainDowntime));
        foreach (var (phase, times) in phases)
        {
            report.Line($"    in phase {phase}", Median(times), "ms");
        }

        await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{vm}/force-off"));
    }

    static async Task<double> VirshAsync(LibvirtHosts hosts, int at, int destination, string name, string? disk)
    {
        if (disk is not null)
        {
            // virsh needs the file there beforehand; making it is not counted, though the platform makes its own.
            await LibvirtHosts.QemuImgAsync("create", "-q", "-f", "qcow2", hosts.OnHost(destination, disk), "16M");
        }

        var uri = (await hosts.OptionsAsync(destination)).MigrationUri!;
        string[] storage = disk is null ? ["--unsafe"] : ["--copy-storage-all"];
        var clock = Stopwatch.StartNew();
        await hosts.VirshAsync(at, ["migrate", "--live", "--p2p", .. storage, "--persistent", "--undefinesource", name, uri]);
        return clock.Elapsed.TotalMilliseconds;
    }

    static async Task<double> MoveAsync(Platform platform, Guid vm, Guid destination, GuestKind kind, List<double> downtimes, Dictionary<string, List<double>> phases)
    {
        var clock = Stopwatch.StartNew();
        var operation = await platform.AcceptAsync(
            $"/v1/vms/{vm}/migrations", new { destinationHostId = destination, policy = new { storage = kind.Copied ? "CopyFull" : "Shared" } });
        var end = await platform.EndOfAsync(operation);
        var elapsed = clock.Elapsed.TotalMilliseconds;
        if (end.GetProperty("status").GetString() != "Succeeded")
        {
            throw new InvalidOperationException($"The migration did not succeed: {end}");
        }

        var migration = await platform.UntilAsync($"/v1/migrations/{operation}", m => m.TryGetProperty("totalMs", out _) && m.TryGetProperty("phases", out var p) && p.GetArrayLength() > 6, "the result is recorded");
        downtimes.Add(migration.GetProperty("downtimeMs").GetDouble());
        var entered = migration.GetProperty("phases").EnumerateArray().Select(p => (Name: p.GetProperty("phase").GetString()!, At: p.GetProperty("enteredAt").GetDateTimeOffset())).ToList();
        foreach (var (phase, next) in entered.Zip(entered.Skip(1)))
        {
            (phases.TryGetValue(phase.Name, out var times) ? times : phases[phase.Name] = []).Add((next.At - phase.At).TotalMilliseconds);
        }

        return elapsed;
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
            [$"{prefix}:HostRoot"] = options.HostRoot,
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
