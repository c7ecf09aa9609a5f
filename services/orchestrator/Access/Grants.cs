using HvPlatform.Contracts.Access;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Access;

/// <summary>The body of <c>POST /v1/grants</c>.</summary>
internal sealed record CreateGrantRequest
{
    /// <summary><c>user:SUB</c>: the person with this subject at the issuer; <c>group:CLAIM</c>: everyone the issuer says is in this group.</summary>
    public required string Subject { get; init; }

    /// <summary>The resource group; * is all.</summary>
    public required string Group { get; init; }

    /// <summary>What the subject may do there.</summary>
    public required AccessRole Role { get; init; }
}

/// <summary><c>/v1/grants</c>: the roles of people.</summary>
internal static class Grants
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/grants", async (HttpContext http, AccessStore store) => Resources.Ok(new Page<GrantView> { Items = await store.ListGrantsAsync(http.RequestAborted) }))
            .Reads<Page<GrantView>>("ListGrants", "Access", "List the roles of people and of the issuer's groups.");
        v1.MapPost("/grants", CreateAsync).Takes<CreateGrantRequest>().Gives<GrantView>(StatusCodes.Status201Created, "CreateGrant", "Access", "Give a person or a group of the issuer a role in a resource group.", 409, 422).Hears(CommandHeaders.OfNew);
        v1.MapDelete("/grants/{id}", RemoveAsync).Does("RemoveGrant", "Access", "Take a role away from its subject.", 404).Hears(CommandHeaders.OfRemoval);
    }

    static async Task<IResult> CreateAsync(HttpContext http, AccessChange change, OrchestratorOptions options)
    {
        if (!(await JsonBody.ReadAsync<CreateGrantRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        if (Validate(request) is { Count: > 0 } errors)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        return await change.MakeAsync<AccessGranted, GrantView>(http, request, StatusCodes.Status201Created, async (tx, trail) =>
        {
            if (await AccessStore.UnknownGroupsAsync(tx, [request.Group], http.RequestAborted) is { Count: > 0 })
            {
                return AccessRefusals.UnknownGroup(request.Group, "group");
            }

            var view = new GrantView
            {
                Id = Guid.CreateVersion7(trail.RequestedAt),
                Subject = request.Subject,
                Group = request.Group,
                Role = request.Role,
                CreatedBy = trail.RequestedBy,
                CreatedAt = trail.RequestedAt,
            };
            var made = await tx.ExecuteAsync(
                "INSERT INTO orchestrator.grants (id, subject, group_name, role, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                [view.Id, view.Subject, view.Group, view.Role, view.CreatedBy, view.CreatedAt], http.RequestAborted);
            if (made == 0)
            {
                await using var command = tx.Command("SELECT role FROM orchestrator.grants WHERE subject = $1 AND group_name = $2", request.Subject, request.Group);
                return AccessRefusals.GrantExists(request.Subject, request.Group, await command.ExecuteScalarAsync(http.RequestAborted) as string ?? "another");
            }

            return new Made<AccessGranted, GrantView>(
                new() { GrantId = view.Id, Subject = view.Subject, Group = view.Group, Role = view.Role, Trail = trail, Address = http.Address(), At = trail.RequestedAt }, view, $"/v1/grants/{view.Id}", false);
        });
    }

    static async Task<IResult> RemoveAsync(string id, HttpContext http, AccessChange change)
    {
        if (!Guid.TryParse(id, out var grant))
        {
            return Problems.Result(http, AccessRefusals.WrongId(id));
        }

        return await change.RunAsync<AccessGrantRemoved>(http, async (tx, _, trail) =>
        {
            await using var command = tx.Command("DELETE FROM orchestrator.grants WHERE id = $1 RETURNING subject, group_name, role", grant);
            await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
            return await reader.ReadAsync(http.RequestAborted)
                ? new Changed<AccessGrantRemoved>(
                    new() { GrantId = grant, Subject = reader.GetString(0), Group = reader.GetString(1), Role = reader.Enum<AccessRole>(2), Trail = trail, Address = http.Address(), At = trail.RequestedAt }, Results.NoContent())
                : AccessRefusals.NoGrant(grant);
        });
    }

    static SortedDictionary<string, string[]> Validate(CreateGrantRequest request)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        var name = request.Subject.StartsWith("user:", StringComparison.Ordinal) ? request.Subject[5..]
            : request.Subject.StartsWith("group:", StringComparison.Ordinal) ? request.Subject[6..] : "";
        if (!AccessNames.IsText(name, 250))
        {
            errors["subject"] = ["must be user:SUBJECT or group:NAME, printable and at most 250 characters"];
        }

        if (request.Role == AccessRole.Unknown)
        {
            errors["role"] = ["must be Viewer, Operator or Admin"];
        }

        if (request.Group != RoleInGroup.AllGroups && !AccessNames.IsGroup(request.Group))
        {
            errors["group"] = [AccessNames.GroupRule + ", or *"];
        }

        return errors;
    }
}
