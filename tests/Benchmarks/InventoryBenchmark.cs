using System.Diagnostics;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory;
using HvPlatform.Inventory.Rebuilding;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HvPlatform.Benchmarks;

/// <summary>
/// The inventory under a fleet of 1,000 hosts with 25 VMs each, over RabbitMQ and PostgreSQL: publishers, broker, service and database share this machine.
/// The messages are those of simulated hosts; no agent runs.
/// </summary>
internal static class InventoryBenchmark
{
    const int HostCount = 1000;
    const int VmsPerHost = 25;
    const int VmCount = HostCount * VmsPerHost;

    public static async Task RunAsync(BenchReport report)
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var bus = await (await RabbitServer.SharedAsync()).CreateVirtualHostAsync();
        await using var host = await TestHost.StartAsync(database, bus.ToString(), [InventoryModule.Create()], builder => builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Hv:Inventory:SweepInterval"] = "1.00:00:00" }));
        var fleet = new Fleet(host.Services.GetRequiredService<IBus>(), host.Database(InventoryModule.Schema).DataSource);

        var sync = await fleet.FirstSyncAsync();
        var raw = await fleet.RawInsertAsync();
        report.Line($"first full sync, {VmCount} VMs on {HostCount} hosts", sync, "s", "the same rows and events by plain SQL, 16 writers", raw, "<= 30 s");
        report.Line("unchanged full reports", HostCount / await fleet.UnchangedAsync(), "reports/s");
        await fleet.ExecuteAsync("ANALYZE");

        var beforeWave = TimeProvider.System.GetUtcNow();
        var wave = await fleet.ChangeWaveAsync(VmCount / 100);
        report.Line("1 % change wave, publish to visible, p50", Percentile(wave, 0.50), "ms");
        report.Line("1 % change wave, publish to visible, p99", Percentile(wave, 0.99), "ms", aim: "<= 1000 ms");

        var floor = Percentile(await fleet.TimeAsync(500, (command, _) => command.CommandText = "SELECT 1"), 0.99);
        report.Line("list page of 100 by name, p99", Percentile(await fleet.TimeAsync(500, ListPage), 0.99), "ms", "SELECT 1", floor, "<= 20 ms");
        report.Line("search by part of a name, page of 100, p99", Percentile(await fleet.TimeAsync(500, Search), 0.99), "ms", "SELECT 1", floor, "<= 20 ms");
        report.Line("search that matches every VM, p99", Percentile(await fleet.TimeAsync(200, (c, _) => SearchFor(c, "vm")), 0.99), "ms", "SELECT 1", floor, "<= 20 ms");
        var whole = await fleet.TimeAsync(50, (command, _) => AsOf(command, beforeWave, "SELECT * FROM fleet_as_of($1)"));
        var now = Percentile(await fleet.TimeAsync(50, (command, _) => command.CommandText = "SELECT vm_id, name, state, host_id, vcpus, memory_mib FROM vms"), 0.99);
        report.Line("as-of page of 100 by name, p99", Percentile(await fleet.TimeAsync(100, (c, _) => AsOf(c, beforeWave, "SELECT * FROM fleet_as_of($1) ORDER BY name, vm_id LIMIT 100")), 0.99), "ms", aim: "<= 50 ms");
        report.Line($"as-of, all {VmCount} VMs read by the client, p99", Percentile(whole, 0.99), "ms", "the table of now read whole", now);

        GC.Collect();
        using var process = Process.GetCurrentProcess();
        report.Line("memory of the process (service and load together)", process.WorkingSet64 / 1048576.0, "MiB");
        var clock = Stopwatch.StartNew();
        var events = await host.Services.GetRequiredService<ReadModelRebuild>().RunAsync(default);
        report.Line("rebuild of all read models", events / clock.Elapsed.TotalSeconds, "events/s");
    }

    static double Percentile(double[] values, double p) => values.Order().ElementAt((int)Math.Ceiling(values.Length * p) - 1);

    static void ListPage(NpgsqlCommand command, Random random)
    {
        command.CommandText = "SELECT * FROM vm_view WHERE deleted_at IS NULL AND (name, vm_id) > ($1, $2) ORDER BY name, vm_id LIMIT 100";
        command.Parameters.Add(new() { Value = Fleet.NameOf(random.Next(HostCount), random.Next(VmsPerHost)) });
        command.Parameters.Add(new() { Value = Guid.Empty });
    }

    static void Search(NpgsqlCommand command, Random random) => SearchFor(command, $"-{random.Next(HostCount):0000}-");

    static void SearchFor(NpgsqlCommand command, string text)
    {
        command.CommandText = """
            SELECT * FROM vm_view WHERE deleted_at IS NULL
              AND (search LIKE $1 OR host_id = ANY (ARRAY(SELECT host_id FROM hosts WHERE lower(name) LIKE $1)))
            ORDER BY name, vm_id LIMIT 100
            """;
        command.Parameters.Add(new() { Value = $"%{text}%" });
    }

    static void AsOf(NpgsqlCommand command, DateTimeOffset at, string sql)
    {
        command.CommandText = sql;
        command.Parameters.Add(new() { Value = at.UtcDateTime });
    }

    sealed class Fleet(IBus bus, NpgsqlDataSource database)
    {
        long generation = 1;

        public static string NameOf(int host, int vm) => $"vm-{host:0000}-{vm:00}";

        /// <summary>Seconds from the first message to the last row.</summary>
        public async Task<double> FirstSyncAsync()
        {
            var clock = Stopwatch.StartNew();
            await PublishAsync(Enumerable.Range(0, HostCount), Registered);
            await PublishAsync(Enumerable.Range(0, HostCount), h => Report(h, 2));
            await UntilAsync("SELECT count(*) FROM vms", VmCount);
            await UntilAsync("SELECT count(*) FROM hosts", HostCount);
            return clock.Elapsed.TotalSeconds;
        }

        /// <summary>Seconds until every host has reported once more without anything new.</summary>
        public async Task<double> UnchangedAsync()
        {
            var clock = Stopwatch.StartNew();
            await PublishAsync(Enumerable.Range(0, HostCount), h => Report(h, 3));
            await UntilAsync("SELECT count(*) FROM host_contacts WHERE generation >= 3", HostCount);
            return clock.Elapsed.TotalSeconds;
        }

        /// <summary>The rows the sync made, copied by the server into tables of the same form, one transaction per host.</summary>
        public async Task<double> RawInsertAsync()
        {
            foreach (var table in (string[])["vms", "placements", "vm_versions", "mt_events"])
            {
                await ExecuteAsync($"CREATE TABLE raw_{table} (LIKE {table} INCLUDING ALL)");
            }

            var hosts = new List<Guid>();
            await using (var command = database.CreateCommand("SELECT host_id FROM hosts"))
            await using (var reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                    hosts.Add(reader.GetGuid(0));
                }
            }

            var clock = Stopwatch.StartNew();
            await Parallel.ForEachAsync(hosts, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (host, token) =>
            {
                await using var connection = await database.OpenConnectionAsync(token);
                await using var transaction = await connection.BeginTransactionAsync(token);
                await using var batch = new NpgsqlBatch(connection, transaction);
                foreach (var sql in (string[])
                [
                    "INSERT INTO raw_vms SELECT * FROM vms WHERE host_id = $1",
                    "INSERT INTO raw_placements SELECT * FROM placements WHERE host_id = $1",
                    "INSERT INTO raw_vm_versions SELECT w.* FROM vms v JOIN vm_versions w USING (vm_id) WHERE v.host_id = $1",
                    "INSERT INTO raw_mt_events SELECT e.* FROM vms v JOIN mt_events e ON e.stream_id = v.vm_id WHERE v.host_id = $1",
                ])
                {
                    batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = host } } });
                }

                await batch.ExecuteNonQueryAsync(token);
                await transaction.CommitAsync(token);
            });
            return clock.Elapsed.TotalSeconds;
        }

        /// <summary>Changes VMs all over the fleet at once; milliseconds from each publish to the moment a reader sees the new row.</summary>
        public async Task<double[]> ChangeWaveAsync(int changes)
        {
            var started = Stopwatch.StartNew();
            var published = new Dictionary<Guid, double>();
            var visible = new Dictionary<Guid, double>();
            generation = 100;
            var changed = Enumerable.Range(0, changes).Select(i => (Host: i * (HostCount / changes), Vm: i % VmsPerHost)).ToList();
            foreach (var (h, v) in changed)
            {
                published[VmOf(h, v).Value] = double.NaN;
            }

            var publishing = Parallel.ForEachAsync(changed, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (c, token) =>
            {
                var vm = VmOf(c.Host, c.Vm);
                lock (published)
                {
                    published[vm.Value] = started.Elapsed.TotalMilliseconds;
                }

                await bus.Publish(new VmObserved { HostId = HostOf(c.Host), Vm = Info(c.Host, c.Vm) with { State = VmState.Paused }, Generation = generation, ObservedAt = TimeProvider.System.GetUtcNow() }, token);
            });
            while (visible.Count < changes)
            {
                await using var command = database.CreateCommand("SELECT vm_id FROM vms WHERE state = 'Paused' AND deleted_at IS NULL");
                await using var reader = await command.ExecuteReaderAsync();
                var seenAt = started.Elapsed.TotalMilliseconds;
                while (await reader.ReadAsync())
                {
                    visible.TryAdd(reader.GetGuid(0), seenAt);
                }

                await Task.Delay(2);
            }

            await publishing;
            return [.. visible.Select(v => v.Value - published[v.Key])];
        }

        /// <summary>Milliseconds of each run of a query, its rows read; the first runs, which fill caches and prepare the statement, are not counted.</summary>
        public async Task<double[]> TimeAsync(int runs, Action<NpgsqlCommand, Random> prepare)
        {
            var random = new Random(1);
            var times = new List<double>();
            await using var connection = await database.OpenConnectionAsync();
            for (var i = -10; i < runs; i++)
            {
                await using var command = new NpgsqlCommand { Connection = connection };
                prepare(command, random);
                var start = Stopwatch.GetTimestamp();
                await using var reader = await command.ExecuteReaderAsync();
                while (await reader.ReadAsync())
                {
                }

                if (i >= 0)
                {
                    times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }

            return [.. times];
        }

        public async Task ExecuteAsync(string sql)
        {
            await using var command = database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        async Task PublishAsync<T>(IEnumerable<int> hosts, Func<int, T> message) where T : class =>
            await Parallel.ForEachAsync(hosts, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (h, token) => await bus.Publish(message(h), token));

        async Task UntilAsync(string sql, long count) => await Eventually.Until(
            async () =>
            {
                await using var command = database.CreateCommand(sql);
                return await command.ExecuteScalarAsync() is long n && n == count;
            },
            sql, 300);

        static HostId HostOf(int host) => new(new Guid(host + 1, 1, 0, new byte[8]));

        static VmId VmOf(int host, int vm) => new(new Guid((host * VmsPerHost) + vm + 1, 2, 0, new byte[8]));

        static HostRegistered Registered(int host) => new()
        {
            HostId = HostOf(host),
            Name = $"host-{host:0000}",
            Kind = HypervisorKind.Simulated,
            Capabilities = new() { Hypervisor = "simulated", CpuModel = "simulated", CpuCount = 64, MemoryMiB = 524288, Facets = ["migration"] },
            AgentVersion = "bench",
            AgentStartedAt = TimeProvider.System.GetUtcNow(),
            HeartbeatSeconds = 5,
            Generation = 1,
        };

        static HostReported Report(int host, long generation) => new()
        {
            HostId = HostOf(host),
            Outcome = HostReportOutcome.Complete,
            Vms = [.. Enumerable.Range(0, VmsPerHost).Select(v => Info(host, v))],
            Generation = generation,
            ObservedAt = TimeProvider.System.GetUtcNow(),
        };

        static VmInfo Info(int host, int vm) => new()
        {
            Id = VmOf(host, vm),
            Name = NameOf(host, vm),
            State = VmState.Running,
            Vcpus = 2 + (vm % 4),
            MemoryMiB = 1024 * (1 + (vm % 8)),
            Disks = [new VmDisk { Target = "vda", Source = $"/var/lib/images/{NameOf(host, vm)}.qcow2", Format = "qcow2", CapacityBytes = 20L << 30 }],
            Nics = [new VmNic { MacAddress = $"52:54:00:{host / 256:x2}:{host % 256:x2}:{vm:x2}", Network = "default", Model = "virtio" }],
        };
    }
}
