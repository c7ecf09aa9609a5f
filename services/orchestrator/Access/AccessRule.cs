using System.Collections.Concurrent;
using HvPlatform.Contracts.Access;

namespace HvPlatform.Orchestrator.Access;

/// <summary>What a role is needed for.</summary>
internal enum AccessObject
{
    /// <summary>Every caller may.</summary>
    Self,

    /// <summary>The role is needed in all groups.</summary>
    Everything,

    /// <summary>The role is needed in some group; the endpoint keeps to what the caller may see (<see cref="AccessScope"/>).</summary>
    Scoped,

    /// <summary>The VM in the path.</summary>
    Vm,

    /// <summary>The VM in the path and the host it is on: for what reads or writes files of the host.</summary>
    VmAndHost,

    /// <summary>The host in the path.</summary>
    Host,

    /// <summary>The VM of the operation in the path.</summary>
    Operation,

    /// <summary>The host of the evacuation in the path.</summary>
    Evacuation,

    /// <summary>The VM or host of the alert in the path.</summary>
    Alert,
}

/// <summary>Which role is needed on what. An endpoint may carry one as metadata; else <see cref="AccessRules"/> has it.</summary>
internal sealed record AccessRule(AccessRole Role, AccessObject Object)
{
    /// <summary>The path's parameter with the object's id.</summary>
    public string? Parameter { get; init; }
}

/// <summary>Endpoint metadata: it answers about many objects and leaves out those the caller may not see, by <see cref="AccessScope"/>.</summary>
internal sealed record ScopedByCaller;

/// <summary>
/// The rule of every endpoint, by its path and method. Reading needs the Viewer's role, everything else the Operator's; the sections about access, agents
/// and webhooks need an Admin of everything. A section that is not named here needs that too, until someone has thought about it.
/// </summary>
internal static class AccessRules
{
    static readonly ConcurrentDictionary<Endpoint, AccessRule> Known = [];

    static readonly HashSet<string> OfTheCaller = ["me", "session", "sign-in", "ca"];

    static readonly HashSet<string> OfTheFleet = ["vms", "hosts", "operations", "migrations", "evacuations", "events", "fleet", "diff", "alerts"];

    static readonly HashSet<string> OfAdmins = ["api-tokens", "grants", "resource-groups", "audit", "join-tokens", "agents", "webhooks"];

    /// <summary>What reaches files of the host by a path in the request.</summary>
    static readonly HashSet<string> ReachesTheHost = ["files", "export", "storage-moves", "settings"];

    /// <summary>Whether somebody has thought about a section of the API.</summary>
    public static bool Knows(string section) => OfTheCaller.Contains(section) || OfTheFleet.Contains(section) || OfAdmins.Contains(section);

    /// <summary>Declares that the endpoint leaves out what the caller may not see.</summary>
    public static RouteHandlerBuilder Scoped(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new ScopedByCaller());

    /// <summary>The rule of an endpoint below /v1.</summary>
    public static AccessRule Of(Endpoint endpoint) => Known.GetOrAdd(endpoint, Derive);

    static AccessRule Derive(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<AccessRule>() is { } own)
        {
            return own;
        }

        string[] path = [.. ((endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
        var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];
        var reads = methods.Count > 0 && methods.All(m => HttpMethods.IsGet(m) || HttpMethods.IsHead(m));
        var role = reads ? AccessRole.Viewer : AccessRole.Operator;
        var section = path.FirstOrDefault() ?? "";
        if (OfTheCaller.Contains(section) || section.StartsWith("{*", StringComparison.Ordinal))
        {
            return new(AccessRole.Viewer, AccessObject.Self);
        }

        if (!OfTheFleet.Contains(section))
        {
            return new(AccessRole.Admin, AccessObject.Everything);
        }

        if (path.Length < 2 || !path[1].StartsWith('{'))
        {
            return new(role, endpoint.Metadata.GetMetadata<ScopedByCaller>() is null ? AccessObject.Everything : AccessObject.Scoped);
        }

        return new(role, section switch
        {
            "vms" => !reads && path.Length > 2 && ReachesTheHost.Contains(path[2]) ? AccessObject.VmAndHost : AccessObject.Vm,
            "hosts" => AccessObject.Host,
            "operations" or "migrations" => AccessObject.Operation,
            "evacuations" => AccessObject.Evacuation,
            "alerts" => AccessObject.Alert,
            _ => AccessObject.Everything,
        })
        { Parameter = path[1].Trim('{', '}') };
    }
}
