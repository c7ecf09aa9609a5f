using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Vms;
using HvPlatform.Events;
using HvPlatform.Inventory;
using Npgsql;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>The inventory's published tables, made by its own SQL files and filled by tests.</summary>
public sealed class InventoryRows : IAsyncDisposable
{
    readonly NpgsqlDataSource source;

    InventoryRows(NpgsqlDataSource source)
    {
        this.source = source;
        Events = new EventStore(source, new EventTypes(HvJson.Options).Add<VmMarkedMissing>().Add<AlertRaised>());
    }

    /// <summary>The history.</summary>
    public EventStore Events { get; }

    public static async Task<InventoryRows> CreateAsync(string database)
    {
        var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { SearchPath = "inventory,public" });
        await ExecuteAsync(source, "CREATE SCHEMA inventory");
        await EventStoreSchema.ApplyAsync(source);
        var assembly = typeof(InventoryModule).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("Sql/", StringComparison.Ordinal) && n != EventStoreSchema.ResourceName).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            await ExecuteAsync(source, await reader.ReadToEndAsync());
        }

        return new InventoryRows(source);
    }

    public Task AddHostAsync(
        HostId host, string name, HypervisorKind kind = HypervisorKind.Libvirt, string[]? facets = null, long memoryMiB = 65536,
        DateTimeOffset? lastSeenAt = null, string reachability = "Online", int? maxMigrations = null, int? maxBandwidthMiBps = null) => ExecuteAsync(
        source,
        """
        WITH c AS (INSERT INTO host_contacts (host_id, last_seen_at) VALUES ($1, coalesce($7, now())))
        INSERT INTO hosts (host_id, version, name, kind, agent_version, heartbeat_seconds, hypervisor, cpu_model, cpu_count, memory_mib, facets, migration_uri,
            max_concurrent_migrations, capabilities, reachability, reachability_since, error, joined_at, changed_at)
        VALUES ($1, 1, $2, $3, '0.1.0', 600, 'QEMU 7.2.0 (libvirt 9.0.0)', 'EPYC', 16, $4, $5, 'tcp:127.0.0.1', $8, jsonb_build_object('maxMigrationBandwidthMiBps', $9::int), $6, now(),
            CASE WHEN $6 = 'HypervisorUnreachable' THEN '{"kind":"Transient","code":"libvirt-down","message":"libvirtd does not answer","nativeCode":"libvirt:38"}'::jsonb END,
            now(), now())
        """,
        host.Value, name, kind.ToString(), memoryMiB, facets ?? [], reachability, lastSeenAt, maxMigrations, maxBandwidthMiBps);

    /// <summary>A VM seen just now.</summary>
    public async Task<VmId> AddVmAsync(HostId host, string name, VmState state, long memoryMiB = 1024, DateTimeOffset? observedAt = null)
    {
        var vm = new VmId(Guid.NewGuid());
        var seen = observedAt ?? TimeProvider.System.GetUtcNow();
        var info = new VmInfo { Id = vm, Name = name, State = state, Vcpus = 2, MemoryMiB = memoryMiB, Epoch = 0 };
        await ExecuteAsync(
            source,
            """
            WITH p AS (INSERT INTO placements (vm_id, host_id, state, info, generation, observed_at, first_seen_at) VALUES ($1, $2, $4, $6::jsonb, 1, $7, $7)),
                 w AS (INSERT INTO vm_versions (vm_id, valid_from, version, name, state, host_id, vcpus, memory_mib, duplicate_running)
                       VALUES ($1, $7, 1, $3, $4, $2, 2, $5, false))
            INSERT INTO vms (vm_id, version, name, state, host_id, vcpus, memory_mib, disks, nics, persistent, duplicate_running, discovered_at, changed_at, search)
            VALUES ($1, 1, $3, $4, $2, 2, $5, '[]', '[]', true, false, $7, $7, lower($3 || ' ' || $1::text || ' ' || $2::text))
            """,
            vm.Value, host.Value, name, state.ToString(), memoryMiB, JsonSerializer.Serialize(info, HvJson.Options), seen);
        return vm;
    }

    /// <summary>Another state, seen just now.</summary>
    public async Task SetStateAsync(VmId vm, VmState state)
    {
        await ExecuteAsync("UPDATE placements SET state = $2, observed_at = now() WHERE vm_id = $1", vm.Value, state.ToString());
        await ExecuteAsync("UPDATE vm_versions SET valid_to = now() WHERE vm_id = $1 AND valid_to = 'infinity'", vm.Value);
        await ExecuteAsync(
            """
            INSERT INTO vm_versions (vm_id, valid_from, version, name, state, host_id, vcpus, memory_mib, duplicate_running)
            SELECT vm_id, now(), version + 1, name, $2, host_id, vcpus, memory_mib, false FROM vms WHERE vm_id = $1
            """,
            vm.Value, state.ToString());
        await ExecuteAsync("UPDATE vms SET state = $2, version = version + 1, changed_at = now() WHERE vm_id = $1", vm.Value, state.ToString());
    }

    public Task ExecuteAsync(string sql, params object?[] values) => ExecuteAsync(source, sql, values);

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        await source.DisposeAsync();
    }

    static async Task ExecuteAsync(NpgsqlDataSource source, string sql, params object?[] values)
    {
        await using var command = source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        await command.ExecuteNonQueryAsync();
    }
}
