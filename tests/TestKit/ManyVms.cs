using HvPlatform.ServiceKit;

namespace HvPlatform.TestKit;

/// <summary>A large fleet as rows of the inventory's tables, copied from what the first real agent reported: for lists, not for operations.</summary>
public static class ManyVms
{
    /// <summary>Adds hosts <c>many-host-0001</c> and so on, each with VMs <c>many-0001-001</c> and so on; three of four run. They never turn stale.</summary>
    public static async Task AddAsync(ServiceDatabase inventory, int hosts, int vmsPerHost)
    {
        await using var command = inventory.DataSource.CreateCommand(
            """
            INSERT INTO inventory.hosts (host_id, version, name, kind, agent_version, heartbeat_seconds, hypervisor, cpu_model, cpu_count, memory_mib, facets, capabilities, reachability,
                reachability_since, joined_at, changed_at)
            SELECT md5('host' || n)::uuid, 1, 'many-host-' || lpad(n::text, 4, '0'), h.kind, h.agent_version, 1e6, h.hypervisor, h.cpu_model, h.cpu_count, h.memory_mib, h.facets, h.capabilities,
                'Online', now(), now(), now()
            FROM (SELECT * FROM inventory.hosts ORDER BY name LIMIT 1) h, generate_series(1, $1) n;
            """);
        command.Parameters.Add(new() { Value = hosts });
        await command.ExecuteNonQueryAsync();
        await using var contacts = inventory.DataSource.CreateCommand(
            "INSERT INTO inventory.host_contacts (host_id, last_seen_at, observed_at, generation) SELECT md5('host' || n)::uuid, now(), now(), 1 FROM generate_series(1, $1) n");
        contacts.Parameters.Add(new() { Value = hosts });
        await contacts.ExecuteNonQueryAsync();
        await using var vms = inventory.DataSource.CreateCommand(
            """
            INSERT INTO inventory.vms (vm_id, version, name, state, host_id, vcpus, memory_mib, disks, nics, persistent, duplicate_running, discovered_at, changed_at, search)
            SELECT md5('vm' || h || '-' || n)::uuid, 1, name, CASE WHEN n % 4 = 0 THEN 'Off' ELSE 'Running' END, md5('host' || h)::uuid, 1 + n % 8, 512 * (1 + n % 16), '[]', '[]', true, false, now(), now(),
                name || ' ' || md5('vm' || h || '-' || n)::uuid
            FROM generate_series(1, $1) h, generate_series(1, $2) n, LATERAL (SELECT 'many-' || lpad(h::text, 4, '0') || '-' || lpad(n::text, 3, '0')) AS names(name)
            """);
        vms.Parameters.Add(new() { Value = hosts });
        vms.Parameters.Add(new() { Value = vmsPerHost });
        vms.CommandTimeout = 120;
        await vms.ExecuteNonQueryAsync();
        await using var analyze = inventory.DataSource.CreateCommand("ANALYZE inventory.vms");
        await analyze.ExecuteNonQueryAsync();
    }
}
