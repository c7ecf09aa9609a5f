using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Fleet;

/// <summary><c>GET /v1/diff</c>: what differs in the fleet between two instants.</summary>
internal static class GetDiff
{
    static readonly IReadOnlyList<QueryParameter> Parameters =
    [
        new("from", "The first instant, by the inventory's clock. Required.", "string", "date-time"),
        new("to", "The second instant; now if not given.", "string", "date-time"),
        new("kind", "Only hosts, or only VMs.") { Values = [nameof(DiffKind.Host), nameof(DiffKind.Vm)] },
        PageParameters.Limit,
        PageParameters.Cursor,
    ];

    /// <summary>
    /// $1 and $2 are the instants, $3 and $4 the end of the page before, $5 the kind, $6 the number of rows, $7 the caller's groups if it may not see everything; a VM is judged by the host it is on in the end. Whatever differs began a version in between, so only those are looked at.
    /// The order is that of (kind, name, id); the kind is the first letter of the key. Devices of a VM that was there at the first instant are compared only if they were recorded then.
    /// </summary>
    static string Sql(AccessScope scope) => $$"""
        WITH vm AS MATERIALIZED (
            SELECT 'Vm' AS kind, 'V' || coalesce(b.name, a.name) AS key, i.vm_id AS id, coalesce(b.name, a.name) AS name,
                   jsonb_strip_nulls(jsonb_build_object('name', a.name, 'state', a.state, 'hostId', a.host_id, 'vcpus', a.vcpus, 'memoryMiB', a.memory_mib,
                                                        'duplicateRunning', a.duplicate_running, 'missingSince', a.missing_since))
                       || CASE WHEN a.vm_id IS NULL OR (a.vm_id IS NOT NULL AND ad.vm_id IS NULL) THEN '{}'
                               ELSE jsonb_build_object('disks', coalesce(ad.disks, '[]'), 'nics', coalesce(ad.nics, '[]')) END AS before,
                   jsonb_strip_nulls(jsonb_build_object('name', b.name, 'state', b.state, 'hostId', b.host_id, 'vcpus', b.vcpus, 'memoryMiB', b.memory_mib,
                                                        'duplicateRunning', b.duplicate_running, 'missingSince', b.missing_since))
                       || CASE WHEN b.vm_id IS NULL OR (a.vm_id IS NOT NULL AND ad.vm_id IS NULL) THEN '{}'
                               ELSE jsonb_build_object('disks', coalesce(bd.disks, '[]'), 'nics', coalesce(bd.nics, '[]')) END AS after,
                   a.host_id AS from_host, b.host_id AS to_host
            FROM (SELECT vm_id FROM inventory.vm_versions WHERE valid_from > $1 AND valid_from <= $2
                  UNION SELECT vm_id FROM inventory.vm_device_versions WHERE valid_from > $1 AND valid_from <= $2) i
            LEFT JOIN LATERAL (SELECT * FROM inventory.vm_versions v WHERE v.vm_id = i.vm_id AND v.valid_from <= $1 AND v.valid_to > $1 AND v.deleted_at IS NULL) a ON true
            LEFT JOIN LATERAL (SELECT * FROM inventory.vm_versions v WHERE v.vm_id = i.vm_id AND v.valid_from <= $2 AND v.valid_to > $2 AND v.deleted_at IS NULL) b ON true
            LEFT JOIN inventory.vm_device_versions ad ON ad.vm_id = i.vm_id AND ad.valid_from <= $1 AND ad.valid_to > $1
            LEFT JOIN inventory.vm_device_versions bd ON bd.vm_id = i.vm_id AND bd.valid_from <= $2 AND bd.valid_to > $2
            WHERE ($5::text IS NULL OR $5 = 'Vm'){{scope.Vms("i.vm_id", "coalesce(b.host_id, a.host_id)", _ => "$7")}}),
        host AS MATERIALIZED (
            SELECT 'Host' AS kind, 'H' || coalesce(b.name, a.name) AS key, i.host_id AS id, coalesce(b.name, a.name) AS name,
                   jsonb_strip_nulls(jsonb_build_object('name', a.name, 'kind', a.kind, 'status', a.reachability, 'hypervisor', a.hypervisor, 'cpuModel', a.cpu_model, 'cpuCount', a.cpu_count,
                       'memoryMiB', a.memory_mib, 'facets', a.facets, 'migrationUri', a.migration_uri, 'maxConcurrentMigrations', a.max_concurrent_migrations,
                       'agentVersion', a.agent_version, 'maintenance', a.maintenance)) AS before,
                   jsonb_strip_nulls(jsonb_build_object('name', b.name, 'kind', b.kind, 'status', b.reachability, 'hypervisor', b.hypervisor, 'cpuModel', b.cpu_model, 'cpuCount', b.cpu_count,
                       'memoryMiB', b.memory_mib, 'facets', b.facets, 'migrationUri', b.migration_uri, 'maxConcurrentMigrations', b.max_concurrent_migrations,
                       'agentVersion', b.agent_version, 'maintenance', b.maintenance)) AS after,
                   NULL::uuid AS from_host, NULL::uuid AS to_host
            FROM (SELECT DISTINCT host_id FROM inventory.host_versions WHERE valid_from > $1 AND valid_from <= $2) i
            LEFT JOIN LATERAL (SELECT * FROM inventory.host_versions v WHERE v.host_id = i.host_id AND v.valid_from <= $1 AND v.valid_to > $1) a ON true
            LEFT JOIN LATERAL (SELECT * FROM inventory.host_versions v WHERE v.host_id = i.host_id AND v.valid_from <= $2 AND v.valid_to > $2) b ON true
            WHERE ($5::text IS NULL OR $5 = 'Host'){{scope.Hosts("i.host_id", _ => "$7")}}),
        diff AS MATERIALIZED (SELECT * FROM host WHERE before <> after UNION ALL SELECT * FROM vm WHERE before <> after),
        page AS (SELECT * FROM diff WHERE $3::text IS NULL OR (key, id) > ($3, $4) ORDER BY key, id LIMIT $6),
        summary AS (SELECT (count(*) FILTER (WHERE before = '{}'))::int AS added, (count(*) FILTER (WHERE after = '{}'))::int AS removed,
                           (count(*) FILTER (WHERE before <> '{}' AND after <> '{}'))::int AS changed,
                           (count(*) FILTER (WHERE from_host <> to_host AND before - 'hostId' = after - 'hostId'))::int AS moved FROM diff)
        SELECT s.added, s.removed, s.changed, s.moved, p.kind, p.key, p.id, p.name, p.before, p.after, fh.name, th.name
        FROM summary s
        LEFT JOIN page p ON true
        LEFT JOIN inventory.hosts_as_of($1) fh ON fh.host_id = p.from_host
        LEFT JOIN inventory.hosts_as_of($2) th ON th.host_id = p.to_host
        ORDER BY p.key, p.id
        """;

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/diff", HandleAsync)
        .Reads<DiffView>("GetDiff", "Fleet", "Compare the fleet at two instants: hosts and VMs added, removed, changed, moved. Of what the caller's groups hold.", Parameters).Scoped();

    static async Task<IResult> HandleAsync(
        HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock)
    {
        var query = new QueryReader(http);
        var from = AsOf.Read(query, clock, "from");
        var to = AsOf.Read(query, clock, "to") ?? clock.GetUtcNow();
        var kinds = query.Names("kind", [nameof(DiffKind.Host), nameof(DiffKind.Vm)]);
        var limit = PageParameters.Read(query, options);
        var cursor = Cursor.Read(query, http);
        if (from is null && query.Refusal is null)
        {
            query.Wrong("from", "is required");
        }
        else if (from > to)
        {
            query.Wrong("to", "must not be before from");
        }

        if (kinds.Count > 1)
        {
            query.Wrong("kind", "must be given once; without it both kinds are compared");
        }

        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        var scope = http.Scope();
        await using var command = connection.Command(
            Sql(scope), from!.Value, to, Db.Text(cursor?.Value), Db.Uuid(cursor?.Id), Db.Text(kinds.Count == 1 ? kinds[0] : null), limit + 1, scope.Groups);
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        DiffSummary? summary = null;
        var rows = new List<(DiffItem Item, string Key, Guid Id)>();
        while (await reader.ReadAsync(http.RequestAborted))
        {
            summary ??= new() { Added = reader.GetInt32(0), Removed = reader.GetInt32(1), Changed = reader.GetInt32(2), Moved = reader.GetInt32(3) };
            if (!reader.IsDBNull(6))
            {
                rows.Add((Read(reader), reader.GetString(5), reader.GetGuid(6)));
            }
        }

        var page = PageParameters.Cut(http, rows, limit);
        return Resources.Single(http, new DiffView { From = from.Value, To = to, Summary = summary!, Items = page.Items, NextCursor = page.NextCursor });
    }

    static DiffItem Read(NpgsqlDataReader reader)
    {
        var (kind, id) = (reader.Enum<DiffKind>(4), reader.GetGuid(6));
        var before = reader.Json<SortedDictionary<string, JsonElement>>(8)!;
        var after = reader.Json<SortedDictionary<string, JsonElement>>(9)!;
        DiffDevices.Spread(before, after);
        var fields = before.Keys.Union(after.Keys)
            .Where(name => before.GetValueOrDefault(name).ToString() != after.GetValueOrDefault(name).ToString())
            .Select(name => Field(name, before, after)).ToList();
        var change = before.Count == 0 ? DiffChange.Added : after.Count == 0 ? DiffChange.Removed : fields is [{ Field: "hostId" }] ? DiffChange.Moved : DiffChange.Changed;
        if (fields.Any(f => f.Field == "hostId"))
        {
            Put(before, "hostName", reader.Text(10));
            Put(after, "hostName", reader.Text(11));
            fields.Add(Field("hostName", before, after));
        }

        return new DiffItem
        {
            Kind = kind,
            Id = id,
            Name = reader.GetString(7),
            Change = change,
            Fields = [.. fields.OrderBy(f => f.Field, StringComparer.Ordinal)],
            Url = kind == DiffKind.Host ? Urls.Host(new HostId(id)) : Urls.Vm(new VmId(id)),
        };
    }

    static DiffField Field(string name, SortedDictionary<string, JsonElement> before, SortedDictionary<string, JsonElement> after) => new()
    {
        Field = name,
        Before = before.TryGetValue(name, out var b) ? b : null,
        After = after.TryGetValue(name, out var a) ? a : null,
    };

    static void Put(SortedDictionary<string, JsonElement> members, string name, string? value)
    {
        if (value is not null)
        {
            members[name] = JsonSerializer.SerializeToElement(value, HvJson.Options);
        }
    }
}
