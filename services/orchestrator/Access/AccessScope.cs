using HvPlatform.Contracts;
using HvPlatform.Contracts.Access;
using HvPlatform.Orchestrator.Alerts;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// What the caller of a request may see (or operate): for endpoints that answer about many objects. How such an endpoint keeps to it:
/// <code>
/// v1.MapGet("/things", …).Reads&lt;…&gt;(…).Scoped();                  // else only callers with a role in all groups get here
/// var scope = http.Scope();
/// sql.Append(scope.Vms("v.vm_id", "v.host_id", Parameter));          // " AND …", or "" for a caller that may see everything
/// sql.Append(scope.Hosts("h.host_id", Parameter));
/// sql.Append(scope.Operations("o.vm_id", "o.host_id", Parameter));
/// sql.Append(scope.Alerts("a", Parameter));
/// var seen = await groups.VisibleAsync(scope, ids, …);               // of ids of any kind, for example the streams of events
/// </code>
/// Parameter adds a value to the command and returns its <c>$n</c>. Endpoints with one object's id in their path need nothing of this: <see cref="AccessGate"/>
/// has looked it up before. Ids in bodies are checked by <see cref="BodyAccess"/>.
/// </summary>
internal sealed record AccessScope(bool All, string[] Groups)
{
    public const string DefaultGroup = "default";

    /// <summary>In which groups the caller has at least this role.</summary>
    public static AccessScope Of(Caller caller, AccessRole role) =>
        new(caller.MayEverywhere(role), [.. caller.Roles.Where(r => r.Role >= role && r.Role != AccessRole.Unknown).Select(r => r.Group).Distinct()]);

    /// <summary>A VM's group: the one it is given, else its host's, else default. Columns here and below must be qualified: bare names would be those of the tables looked up.</summary>
    public static string GroupOfVm(string vmId, string hostId) =>
        $"coalesce((SELECT gv.name FROM orchestrator.group_vms gv WHERE gv.vm_id = {vmId}), (SELECT gh.name FROM orchestrator.group_hosts gh WHERE gh.host_id = {hostId}), '{DefaultGroup}')";

    /// <summary>A host's group.</summary>
    public static string GroupOfHost(string hostId) =>
        $"coalesce((SELECT gh.name FROM orchestrator.group_hosts gh WHERE gh.host_id = {hostId}), '{DefaultGroup}')";

    /// <summary>The host a VM is on, or was last known on.</summary>
    public static string HostOfVm(string vmId) =>
        $"""
        coalesce((SELECT pv.host_id FROM inventory.vms pv WHERE pv.vm_id = {vmId}), (SELECT f.host_id FROM orchestrator.vm_facts f WHERE f.vm_id = {vmId}),
                 (SELECT po.host_id FROM orchestrator.operations po WHERE po.vm_id = {vmId} ORDER BY po.accepted_at DESC LIMIT 1))
        """;

    /// <summary>The condition on VMs.</summary>
    public string Vms(string vmId, string hostId, Func<object, string> parameter) => All ? "" : $" AND {GroupOfVm(vmId, hostId)} = ANY ({parameter(Groups)})";

    /// <summary>The condition on hosts.</summary>
    public string Hosts(string hostId, Func<object, string> parameter) => All ? "" : $" AND {GroupOfHost(hostId)} = ANY ({parameter(Groups)})";

    /// <summary>The group of an alert: that of its VM, else of its host; none for one about the platform itself, which only callers with a role in all groups see.</summary>
    public static string GroupOfAlert(string alert) =>
        $"CASE WHEN {alert}.vm_id IS NOT NULL THEN {GroupOfVm($"{alert}.vm_id", $"coalesce({HostOfVm($"{alert}.vm_id")}, {alert}.host_id)")} WHEN {alert}.host_id IS NOT NULL THEN {GroupOfHost($"{alert}.host_id")} END";

    /// <summary>The condition on alerts, of <c>telemetry.alerts</c> by this name.</summary>
    public string Alerts(string alert, Func<object, string> parameter) => All ? "" : $" AND {GroupOfAlert(alert)} = ANY ({parameter(Groups)})";

    /// <summary>The condition on operations: those of VMs that may be seen; of a VM that is no more, by the operation's host.</summary>
    public string Operations(string vmId, string hostId, Func<object, string> parameter) => All ? "" : $" AND {GroupOfVm(vmId, $"coalesce({HostOfVm(vmId)}, {hostId})")} = ANY ({parameter(Groups)})";
}

/// <summary>The scope of the request at hand.</summary>
internal static class ScopeOfRequest
{
    /// <summary>What the caller may see.</summary>
    public static AccessScope Scope(this HttpContext http) => AccessScope.Of(http.Caller(), AccessRole.Viewer);

    /// <summary>What the caller may operate.</summary>
    public static AccessScope OperatorScope(this HttpContext http) => AccessScope.Of(http.Caller(), AccessRole.Operator);
}

/// <summary>An object as access sees it: its group and the host it is on. No group: there is no such object.</summary>
internal sealed record ObjectAccess(string? Group, HostId? Host, string? HostGroup);

/// <summary>Looks up which groups objects are in.</summary>
internal sealed class ObjectGroups([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database)
{
    static readonly string OfVm = $"""
        SELECT CASE WHEN h.id IS NULL THEN (SELECT g.name FROM orchestrator.group_vms g WHERE g.vm_id = $1) ELSE {AccessScope.GroupOfVm("$1", "h.id")} END, h.id, {AccessScope.GroupOfHost("h.id")}
        FROM (SELECT {AccessScope.HostOfVm("$1")} AS id) h
        """;

    static readonly string OfHost = $"""
        SELECT {AccessScope.GroupOfHost("h.host_id")}, h.host_id, {AccessScope.GroupOfHost("h.host_id")} FROM inventory.hosts h WHERE h.host_id = $1
        """;

    static readonly string OfOperation = $"""
        SELECT {AccessScope.GroupOfVm("o.vm_id", "o.at")}, o.at, {AccessScope.GroupOfHost("o.at")}
        FROM (SELECT q.vm_id, coalesce({AccessScope.HostOfVm("q.vm_id")}, q.host_id) AS at FROM orchestrator.operations q WHERE q.id = $1) o
        """;

    static readonly string OfEvacuation = $"""
        SELECT {AccessScope.GroupOfHost("e.host_id")}, e.host_id, {AccessScope.GroupOfHost("e.host_id")} FROM orchestrator.evacuations e WHERE e.id = $1
        """;

    static readonly string OfAlert = $"""
        SELECT {AccessScope.GroupOfAlert("a")}, a.host_id, {AccessScope.GroupOfHost("a.host_id")} FROM telemetry.alerts a WHERE a.id = $1
        """;

    static readonly string Visible = $"""
        SELECT i.id FROM unnest($1::uuid[]) AS i (id)
        LEFT JOIN inventory.hosts h ON h.host_id = i.id
        LEFT JOIN orchestrator.operations o ON o.id = i.id
        LEFT JOIN orchestrator.evacuations e ON e.id = i.id
        CROSS JOIN LATERAL (SELECT coalesce(o.vm_id, i.id) AS id, coalesce({AccessScope.HostOfVm("coalesce(o.vm_id, i.id)")}, o.host_id) AS host_id) v
        WHERE CASE WHEN h.host_id IS NOT NULL THEN {AccessScope.GroupOfHost("h.host_id")}
                   WHEN e.id IS NOT NULL THEN {AccessScope.GroupOfHost("e.host_id")}
                   WHEN v.host_id IS NOT NULL THEN {AccessScope.GroupOfVm("v.id", "v.host_id")} END = ANY ($2)
        """;

    static readonly string VisibleAlerts = $"SELECT a.id FROM telemetry.alerts a WHERE a.id = ANY ($1) AND {AccessScope.GroupOfAlert("a")} = ANY ($2)";

    /// <summary>One object's group.</summary>
    public async Task<ObjectAccess> FindAsync(AccessObject kind, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            kind switch { AccessObject.Host => OfHost, AccessObject.Operation => OfOperation, AccessObject.Evacuation => OfEvacuation, AccessObject.Alert => OfAlert, _ => OfVm }, id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(reader.Text(0), reader.IsDBNull(1) ? null : new HostId(reader.GetGuid(1)), reader.Text(2))
            : new(null, null, null);
    }

    /// <summary>Those ids of VMs, hosts, operations, evacuations and alerts that the scope covers; ids of nothing are not covered.</summary>
    public async Task<IReadOnlySet<Guid>> VisibleAsync(AccessScope scope, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        if (scope.All || ids.Count == 0)
        {
            return ids.ToHashSet();
        }

        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(Visible, ids.Distinct().ToArray(), scope.Groups);
        var visible = await ReadIdsAsync(command, cancellationToken);
        var others = ids.Where(id => !visible.Contains(id)).Distinct().ToArray();
        if (others.Length > 0 && await AlertsTable.IsThereAsync(connection, cancellationToken))
        {
            await using var alerts = connection.Command(VisibleAlerts, others, scope.Groups);
            visible.UnionWith(await ReadIdsAsync(alerts, cancellationToken));
        }

        return visible;
    }

    /// <summary>The hosts that the scope covers.</summary>
    public async Task<IReadOnlySet<Guid>> HostsAsync(AccessScope scope, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand { Connection = connection };
        command.CommandText = $"SELECT h.host_id FROM inventory.hosts h WHERE true{scope.Hosts("h.host_id", Parameter)}";
        return await ReadIdsAsync(command, cancellationToken);

        string Parameter(object value)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
            return "$1";
        }
    }

    /// <summary>How many VMs on a host the scope does not cover.</summary>
    public async Task<long> VmsOutsideAsync(AccessScope scope, HostId host, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            $"SELECT count(*) FROM inventory.vms v WHERE v.host_id = $1 AND v.deleted_at IS NULL AND NOT {AccessScope.GroupOfVm("v.vm_id", "v.host_id")} = ANY ($2)", host, scope.Groups);
        return scope.All ? 0 : (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    static async Task<HashSet<Guid>> ReadIdsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}
