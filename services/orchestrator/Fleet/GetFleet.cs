using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Fleet;

/// <summary><c>GET /v1/fleet</c>: the fleet in figures; now, or as of a moment in the past.</summary>
internal static class GetFleet
{
    static readonly IReadOnlyList<QueryParameter> Parameters = [AsOf.Parameter];

    const string Hosts = """
        SELECT count(*)::int, (count(*) FILTER (WHERE s.status = 'Online'))::int,
               (SELECT count(*)::int FROM orchestrator.host_maintenance m JOIN inventory.hosts k USING (host_id)),
               coalesce(sum(h.cpu_count), 0)::bigint, coalesce(sum(h.memory_mib), 0)::bigint
        FROM inventory.hosts h JOIN inventory.host_status s USING (host_id)
        """;

    const string PastHosts = """
        SELECT count(*)::int, (count(*) FILTER (WHERE reachability = 'Online'))::int, (count(*) FILTER (WHERE maintenance IS NOT NULL))::int,
               coalesce(sum(cpu_count), 0)::bigint, coalesce(sum(memory_mib), 0)::bigint
        FROM inventory.hosts_as_of($1)
        """;

    const string Counts = """
        SELECT v.state, count(*)::int, count(v.missing_since)::int, (count(*) FILTER (WHERE h.simulated))::int, coalesce(sum(v.memory_mib), 0)::bigint
        """;

    const string Vms = $"{Counts} FROM inventory.vms v LEFT JOIN inventory.hosts h USING (host_id) WHERE v.deleted_at IS NULL GROUP BY v.state ORDER BY v.state";

    const string PastVms = $"{Counts} FROM inventory.fleet_as_of($1) v LEFT JOIN inventory.hosts_as_of($1) h ON h.host_id = v.host_id GROUP BY v.state ORDER BY v.state";

    const string Operations = """
        SELECT (count(*) FILTER (WHERE finished_at IS NULL))::int, (count(*) FILTER (WHERE status = 'InDoubt'))::int,
               (count(finished_at))::int, (count(*) FILTER (WHERE status IN ('Failed', 'RolledBack')))::int
        FROM orchestrator.operations WHERE finished_at IS NULL OR finished_at > $1::timestamptz - interval '1 hour'
        """;

    const string PastOperations = """
        SELECT (count(*) FILTER (WHERE ended_at IS NULL))::int, (count(*) FILTER (WHERE status = 'InDoubt'))::int,
               (count(ended_at))::int, (count(*) FILTER (WHERE status IN ('Failed', 'RolledBack')))::int
        FROM inventory.operations_as_of($1) WHERE ended_at IS NULL OR ended_at > $1::timestamptz - interval '1 hour'
        """;

    const string Alerts = """
        SELECT severity, count(*)::int, (count(*) FILTER (WHERE acknowledged_at IS NULL))::int FROM telemetry.alerts WHERE cleared_at IS NULL GROUP BY severity
        """;

    const string PastAlerts = """
        SELECT severity, count(*)::int, (count(*) FILTER (WHERE acknowledged_at IS NULL OR acknowledged_at > $1))::int
        FROM telemetry.alerts WHERE raised_at <= $1 AND (cleared_at IS NULL OR cleared_at > $1) GROUP BY severity
        """;

    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/fleet", HandleAsync)
        .Reads<FleetView>("GetFleet", "Fleet", "Get the fleet in figures; now or as of a moment in the past.", Parameters);

    static async Task<IResult> HandleAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
    {
        var query = new QueryReader(http);
        var asOf = AsOf.Read(query, clock);
        if (query.Refusal is { } refusal)
        {
            return Problems.Result(http, refusal);
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(http.RequestAborted);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                asOf is { } t ? At(PastHosts, t) : new(Hosts),
                asOf is { } u ? At(PastVms, u) : new(Vms),
                asOf is { } v ? At(PastOperations, v) : At(Operations, clock.GetUtcNow()),
                asOf is { } w ? At(PastAlerts, w) : new(Alerts),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(http.RequestAborted);
        return Resources.Single(http, await ReadAsync(reader, asOf, http.RequestAborted));
    }

    static NpgsqlBatchCommand At(string sql, DateTimeOffset at) => new(sql) { Parameters = { new NpgsqlParameter { Value = at } } };

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
