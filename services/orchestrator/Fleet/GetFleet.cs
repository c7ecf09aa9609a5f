using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Alerts;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Fleet;

/// <summary><c>GET /v1/fleet</c>: the fleet in figures; now, or as of a moment in the past.</summary>
internal static class GetFleet
{
    static readonly IReadOnlyList<QueryParameter> Parameters = [AsOf.Parameter];

    const string GroupsParameter = "$2";

    const string Counts = """
        SELECT v.state, count(*)::int, count(v.missing_since)::int, (count(*) FILTER (WHERE h.simulated))::int, coalesce(sum(v.memory_mib), 0)::bigint
        """;

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/fleet", HandleAsync)
        .Reads<FleetView>("GetFleet", "Fleet", "Get the fleet in figures; now or as of a moment in the past. Of what the caller's groups hold.", Parameters).Scoped();

    static async Task<IResult> HandleAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
    {
        var query = new QueryReader(http);
        var asOf = AsOf.Read(query, clock);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        var noAlerts = !await AlertsTable.IsThereAsync(connection, http.RequestAborted);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var part in asOf is null ? Present(http.Scope()) : Past(http.Scope()))
        {
            var sql = noAlerts && part.Contains(AlertsTable.Name, StringComparison.Ordinal) ? AlertsTable.None : part;
            var command = new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter { Value = asOf ?? clock.GetUtcNow() } } };
            if (sql.Contains(GroupsParameter, StringComparison.Ordinal))
            {
                command.Parameters.Add(new NpgsqlParameter { Value = http.Scope().Groups });
            }

            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync(http.RequestAborted);
        return Resources.Single(http, await ReadAsync(reader, asOf, http.RequestAborted));
    }

    /// <summary>Hosts, VMs, operations and alerts as they are; $1 is the instant.</summary>
    static string[] Present(AccessScope scope) =>
    [
        $"""
        SELECT count(*)::int, (count(*) FILTER (WHERE s.status = 'Online'))::int,
               (SELECT count(*)::int FROM orchestrator.host_maintenance m JOIN inventory.hosts k USING (host_id) WHERE true{scope.Hosts("k.host_id", Groups)}),
               coalesce(sum(h.cpu_count), 0)::bigint, coalesce(sum(h.memory_mib), 0)::bigint
        FROM inventory.hosts h JOIN inventory.host_status s USING (host_id) WHERE true{scope.Hosts("h.host_id", Groups)}
        """,
        $"{Counts} FROM inventory.vms v LEFT JOIN inventory.hosts h USING (host_id) WHERE v.deleted_at IS NULL{scope.Vms("v.vm_id", "v.host_id", Groups)} GROUP BY v.state ORDER BY v.state",
        $"""
        SELECT (count(*) FILTER (WHERE o.finished_at IS NULL))::int, (count(*) FILTER (WHERE o.status = 'InDoubt'))::int,
               (count(o.finished_at))::int, (count(*) FILTER (WHERE o.status IN ('Failed', 'RolledBack')))::int
        FROM orchestrator.operations o WHERE (o.finished_at IS NULL OR o.finished_at > $1::timestamptz - interval '1 hour'){scope.Operations("o.vm_id", "o.host_id", Groups)}
        """,
        $"""
        SELECT a.severity, count(*)::int, (count(*) FILTER (WHERE a.acknowledged_at IS NULL))::int
        FROM telemetry.alerts a WHERE a.cleared_at IS NULL{scope.Alerts("a", Groups)} GROUP BY a.severity
        """,
    ];

    /// <summary>The same as they were at $1. Groups have no past: what the caller may see now counts.</summary>
    static string[] Past(AccessScope scope) =>
    [
        $"""
        SELECT count(*)::int, (count(*) FILTER (WHERE h.reachability = 'Online'))::int, (count(*) FILTER (WHERE h.maintenance IS NOT NULL))::int,
               coalesce(sum(h.cpu_count), 0)::bigint, coalesce(sum(h.memory_mib), 0)::bigint
        FROM inventory.hosts_as_of($1) h WHERE true{scope.Hosts("h.host_id", Groups)}
        """,
        $"{Counts} FROM inventory.fleet_as_of($1) v LEFT JOIN inventory.hosts_as_of($1) h ON h.host_id = v.host_id WHERE true{scope.Vms("v.vm_id", "v.host_id", Groups)} GROUP BY v.state ORDER BY v.state",
        $"""
        SELECT (count(*) FILTER (WHERE o.ended_at IS NULL))::int, (count(*) FILTER (WHERE o.status = 'InDoubt'))::int,
               (count(o.ended_at))::int, (count(*) FILTER (WHERE o.status IN ('Failed', 'RolledBack')))::int
        FROM inventory.operations_as_of($1) o WHERE (o.ended_at IS NULL OR o.ended_at > $1::timestamptz - interval '1 hour'){scope.Operations("o.vm_id", "NULL::uuid", Groups)}
        """,
        $"""
        SELECT a.severity, count(*)::int, (count(*) FILTER (WHERE a.acknowledged_at IS NULL OR a.acknowledged_at > $1))::int
        FROM telemetry.alerts a WHERE a.raised_at <= $1 AND (a.cleared_at IS NULL OR a.cleared_at > $1){scope.Alerts("a", Groups)} GROUP BY a.severity
        """,
    ];

    static string Groups(object groups) => GroupsParameter;

    static async Task<FleetView> ReadAsync(NpgsqlDataReader reader, DateTimeOffset? asOf, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        var (hosts, online) = (reader.GetInt32(0), reader.GetInt32(1));
        var fleet = new FleetHosts { Total = hosts, Online = online, Unreachable = hosts - online, Maintenance = reader.GetInt32(2) };
        var (cores, memory) = (reader.GetInt64(3), reader.GetInt64(4));

        await reader.NextResultAsync(cancellationToken);
        var byState = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var (missing, simulated, assigned) = (0, 0, 0L);
        while (await reader.ReadAsync(cancellationToken))
        {
            var state = reader.GetString(0);
            byState[state] = reader.GetInt32(1);
            missing += reader.GetInt32(2);
            simulated += reader.GetInt32(3);
            assigned += state is "Running" or "Paused" ? reader.GetInt64(4) : 0;
        }

        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var operations = new FleetOperations
        {
            Running = reader.GetInt32(0),
            InDoubt = reader.GetInt32(1),
            EndedLastHour = reader.GetInt32(2),
            FailedLastHour = reader.GetInt32(3),
        };

        await reader.NextResultAsync(cancellationToken);
        var bySeverity = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var unacknowledged = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            bySeverity[reader.GetString(0)] = reader.GetInt32(1);
            unacknowledged += reader.GetInt32(2);
        }

        return new FleetView
        {
            AsOf = asOf,
            Hosts = fleet,
            Vms = new FleetVms { Total = byState.Values.Sum(), ByState = byState, Missing = missing, Simulated = simulated },
            Capacity = new FleetCapacity { Cores = cores, MemoryMiB = memory, MemoryAssignedMiB = assigned },
            Operations = operations,
            Alerts = new FleetAlerts { Open = bySeverity.Values.Sum(), Unacknowledged = unacknowledged, BySeverity = bySeverity },
        };
    }
}
