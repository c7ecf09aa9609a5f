using HvPlatform.Contracts;
using HvPlatform.Contracts.Access;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// Whether the caller may do to an object what it asks for. The only place where that is decided: <see cref="AccessGate"/> asks it about the object in the path,
/// <see cref="BodyAccess"/> about those in the body. An object that the caller may not even see is not there for it.
/// </summary>
internal sealed class ObjectCheck(ObjectGroups groups)
{
    /// <summary>Null if the caller may call the endpoint with what is in the path.</summary>
    public async Task<Refusal?> CheckPathAsync(HttpContext http, Caller caller, AccessRule rule)
    {
        if (rule.Object == AccessObject.Self || caller.MayEverywhere(rule.Role))
        {
            return null;
        }

        if (rule.Object is AccessObject.Everything or AccessObject.Scoped)
        {
            return rule.Object == AccessObject.Scoped && caller.MaySomewhere(rule.Role) ? null : Forbidden(caller, rule.Role, rule.Object == AccessObject.Scoped ? "a group" : "all groups");
        }

        // Whoever may do such a thing nowhere is told so, whatever the id is.
        if (!caller.MaySomewhere(rule.Role))
        {
            return Forbidden(caller, rule.Role, "the object's group");
        }

        if (!Guid.TryParse(http.Request.RouteValues[rule.Parameter!] as string, out var id))
        {
            // The endpoint says what is wrong with it.
            return null;
        }

        var found = await groups.FindAsync(rule.Object, id, http.RequestAborted);
        if (found.Group is null || !caller.MayIn(found.Group, AccessRole.Viewer))
        {
            return NotThere(http, rule.Object, id);
        }

        return !caller.MayIn(found.Group, rule.Role) ? Forbidden(caller, rule.Role, $"the group '{found.Group}'")
            : rule.Object == AccessObject.VmAndHost && !caller.MayIn(found.HostGroup!, rule.Role) ? Forbidden(caller, rule.Role, "the group of the VM's host, whose files this reaches")
            : null;
    }

    /// <summary>Null if the caller may have this id in a body. A VM that is not there yet may be named.</summary>
    public async Task<Refusal?> CheckBodyAsync(Caller caller, AccessRole role, AccessObject kind, Guid id, string field, CancellationToken cancellationToken)
    {
        var found = await groups.FindAsync(kind, id, cancellationToken);
        if (found.Group is null)
        {
            return null;
        }

        return caller.MayIn(found.Group, role) ? null
            : kind == AccessObject.Host && !caller.MayIn(found.Group, AccessRole.Viewer) ? Refusals.UnknownHostInBody(new HostId(id), field)
            : Forbidden(caller, role, $"the group of what '{field}' names") with
            { Fields = Refusals.Field(field, "names something in a group where the caller may not do this") };
    }

    /// <summary>A role is missing.</summary>
    public static Refusal Forbidden(Caller caller, AccessRole role, string where) => Refusals.Of(ErrorKind.Denied, "forbidden",
        $"This needs the role {role} in {where}; {caller.InHistory} does not have it.", "Ask an administrator for it (docs/howto/access.md); GET /v1/me tells the roles there are.");

    static Refusal NotThere(HttpContext http, AccessObject kind, Guid id) => kind switch
    {
        AccessObject.Host => Refusals.HostNotFound(new HostId(id)),
        AccessObject.Operation => http.Request.Path.StartsWithSegments("/v1/migrations") ? Refusals.MigrationNotFound(new OperationId(id)) : Refusals.OperationNotFound(new OperationId(id)),
        AccessObject.Evacuation => Refusals.EvacuationNotFound(new EvacuationId(id)),
        AccessObject.Alert => Refusals.AlertNotFound(new AlertId(id)),
        _ => Refusals.VmNotFound(new VmId(id)),
    };
}
