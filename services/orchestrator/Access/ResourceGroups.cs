using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Access;

/// <summary>A resource group; also the body of <c>PUT /v1/resource-groups/{name}</c>, where the name is the path's.</summary>
internal sealed record ResourceGroupView
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>Its hosts.</summary>
    public IReadOnlyList<HostId> Hosts { get; init; } = [];

    /// <summary>Its VMs, beside those on its hosts.</summary>
    public IReadOnlyList<VmId> Vms { get; init; } = [];
}

/// <summary>
/// <c>/v1/resource-groups</c>: which hosts and VMs belong together. A host is in one group, a VM in the one it is given or else in its host's; the rest is in the group <c>default</c>,
/// which always is there and has no list.
/// </summary>
internal static class ResourceGroups
{
    const int MaxMembers = 100_000;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/resource-groups", ListAsync).Reads<Page<ResourceGroupView>>("ListResourceGroups", "Access", "List the resource groups with their members.");
        v1.MapGet("/resource-groups/{name}", GetAsync).Reads<ResourceGroupView>("GetResourceGroup", "Access", "Get a resource group with its members.", null, 404);
        v1.MapPut("/resource-groups/{name}", PutAsync).Takes<ResourceGroupView>()
            .Gives<ResourceGroupView>(StatusCodes.Status200OK, "PutResourceGroup", "Access", "Say which hosts and VMs a resource group has; those of other groups leave theirs.", 412).Hears(CommandHeaders.OfChange);
        v1.MapDelete("/resource-groups/{name}", RemoveAsync).Does("RemoveResourceGroup", "Access", "Remove a resource group; what was in it is in the group default.", 404, 412).Hears(CommandHeaders.OfChange);
    }

    static async Task<IResult> ListAsync(HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database) =>
        Resources.Ok(new Page<ResourceGroupView> { Items = await ReadAsync(database, null, http.RequestAborted) });

    static async Task<IResult> GetAsync(string name, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database) =>
        await ReadAsync(database, name, http.RequestAborted) is [var group] ? Resources.Single(http, group) : Problems.Result(http, AccessRefusals.NoGroup(name));

    static async Task<IResult> PutAsync(string name, HttpContext http, AccessChange change, OrchestratorOptions options)
    {
        if (!(await JsonBody.ReadAsync<ResourceGroupView>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        if (Validate(name, request) is { Count: > 0 } errors)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        return await change.RunAsync<ResourceGroupChanged>(http, async (tx, headers, trail) =>
        {
            if (await WhyChangedAsync(tx, name, headers.IfMatch, http.RequestAborted) is { } changed)
            {
                return changed;
            }

            if (await UnknownAsync(tx, request, http.RequestAborted) is { Count: > 0 } unknown)
            {
                return Refusals.Invalid(unknown);
            }

            Guid[] hosts = [.. request.Hosts.Select(h => h.Value).Distinct()], vms = [.. request.Vms.Select(v => v.Value).Distinct()];
            await tx.ExecuteAsync("INSERT INTO orchestrator.resource_groups (name, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", [name, trail.RequestedAt], http.RequestAborted);
            await tx.ExecuteAsync("DELETE FROM orchestrator.group_hosts WHERE name = $1 AND NOT host_id = ANY ($2)", [name, hosts], http.RequestAborted);
            await tx.ExecuteAsync("DELETE FROM orchestrator.group_vms WHERE name = $1 AND NOT vm_id = ANY ($2)", [name, vms], http.RequestAborted);
            await tx.ExecuteAsync(
                "INSERT INTO orchestrator.group_hosts (host_id, name) SELECT unnest($2::uuid[]), $1 ON CONFLICT (host_id) DO UPDATE SET name = $1", [name, hosts], http.RequestAborted);
            await tx.ExecuteAsync("INSERT INTO orchestrator.group_vms (vm_id, name) SELECT unnest($2::uuid[]), $1 ON CONFLICT (vm_id) DO UPDATE SET name = $1", [name, vms], http.RequestAborted);
            return new Changed<ResourceGroupChanged>(
                new() { Group = name, HostIds = request.Hosts, VmIds = request.Vms, Trail = trail, Address = http.Address(), At = trail.RequestedAt }, Tagged(http, (await ReadAsync(tx.Connection, name, http.RequestAborted))[0]));
        });
    }

    static Task<IResult> RemoveAsync(string name, HttpContext http, AccessChange change) => change.RunAsync<ResourceGroupRemoved>(http, async (tx, headers, trail) =>
        await WhyChangedAsync(tx, name, headers.IfMatch, http.RequestAborted) is { } changed ? changed
        : await tx.ExecuteAsync("DELETE FROM orchestrator.resource_groups WHERE name = $1", [name], http.RequestAborted) == 1
            ? new Changed<ResourceGroupRemoved>(new() { Group = name, Trail = trail, Address = http.Address(), At = trail.RequestedAt }, Results.NoContent())
            : AccessRefusals.NoGroup(name));

    /// <summary>Null if the If-Match of a change, if it has one, names the group as it is. Changes of groups wait for each other: one moves members out of another.</summary>
    static async Task<Refusal?> WhyChangedAsync(HvTransaction tx, string name, string? ifMatch, CancellationToken cancellationToken)
    {
        await tx.ExecuteAsync("LOCK TABLE orchestrator.resource_groups IN SHARE ROW EXCLUSIVE MODE", [], cancellationToken);
        if (ifMatch is null)
        {
            return null;
        }

        return await ReadAsync(tx.Connection, name, cancellationToken) is not [var group] ? Refusals.EtagMismatch(null)
            : EtagOf(group) is var etag && ETags.Matches(ifMatch, etag) ? null
            : Refusals.EtagMismatch(EtagOf(group));
    }

    static string EtagOf(ResourceGroupView group) => ETags.OfBytes(Resources.Serialize(group));

    static IResult Tagged(HttpContext http, ResourceGroupView group)
    {
        http.Response.Headers.ETag = EtagOf(group);
        return Resources.Ok(group);
    }

    static SortedDictionary<string, string[]> Validate(string name, ResourceGroupView request)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        if (!AccessNames.IsGroup(name) || name == AccessScope.DefaultGroup || (request.Name is not null && request.Name != name))
        {
            errors["name"] = [AccessNames.GroupRule + ", not 'default', and the same in path and body"];
        }

        if (request.Hosts.Count + request.Vms.Count > MaxMembers)
        {
            errors["vms"] = [string.Create(CultureInfo.InvariantCulture, $"must be at most {MaxMembers} with the hosts, found {request.Hosts.Count + request.Vms.Count}")];
        }

        return errors;
    }

    /// <summary>Members that nobody has heard of: most likely mistyped.</summary>
    static async Task<SortedDictionary<string, string[]>> UnknownAsync(HvTransaction tx, ResourceGroupView request, CancellationToken cancellationToken)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (field, table, column, ids) in new[]
        {
            ("hosts", "hosts", "host_id", request.Hosts.Select(h => h.Value).ToArray()), ("vms", "vms", "vm_id", request.Vms.Select(v => v.Value).ToArray()),
        })
        {
            await using var command = tx.Command($"SELECT i.id FROM unnest($1::uuid[]) AS i (id) WHERE NOT EXISTS (SELECT FROM inventory.{table} t WHERE t.{column} = i.id) LIMIT 1", ids);
            if (await command.ExecuteScalarAsync(cancellationToken) is Guid unknown)
            {
                errors[field] = [$"nothing known has the id {unknown}"];
            }
        }

        return errors;
    }

    static async Task<IReadOnlyList<ResourceGroupView>> ReadAsync(ServiceDatabase database, string? name, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        return await ReadAsync(connection, name, cancellationToken);
    }

    static async Task<IReadOnlyList<ResourceGroupView>> ReadAsync(NpgsqlConnection connection, string? name, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(
            """
            SELECT r.name, ARRAY(SELECT h.host_id FROM orchestrator.group_hosts h WHERE h.name = r.name ORDER BY 1), ARRAY(SELECT v.vm_id FROM orchestrator.group_vms v WHERE v.name = r.name ORDER BY 1)
            FROM orchestrator.resource_groups r WHERE $1::text IS NULL OR r.name = $1 ORDER BY r.name
            """, Db.Text(name));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var groups = new List<ResourceGroupView>();
        while (await reader.ReadAsync(cancellationToken))
        {
            groups.Add(new()
            {
                Name = reader.GetString(0),
                Hosts = [.. reader.GetFieldValue<Guid[]>(1).Select(id => new HostId(id))],
                Vms = [.. reader.GetFieldValue<Guid[]>(2).Select(id => new VmId(id))],
            });
        }

        return groups;
    }
}
