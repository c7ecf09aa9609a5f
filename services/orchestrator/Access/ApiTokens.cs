using System.Globalization;
using HvPlatform.Contracts.Access;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Access;

/// <summary>The body of <c>POST /v1/api-tokens</c>.</summary>
internal sealed record CreateApiTokenRequest
{
    /// <summary>What it is called in histories, after <c>token:</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do.</summary>
    public required AccessRole Role { get; init; }

    /// <summary>In which resource groups; * is all.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>Until when it is good; 90 days if not given, at most 366.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary><c>/v1/api-tokens</c>: tokens for programs. The secret is told once and kept as its hash only.</summary>
internal static class ApiTokens
{
    public const string Prefix = "hv_";
    const int DefaultDays = 90;
    const int MaxDays = 366;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/api-tokens", async (HttpContext http, AccessStore store) => Resources.Ok(new Page<ApiTokenView> { Items = await store.ListTokensAsync(http.RequestAborted) }))
            .Reads<Page<ApiTokenView>>("ListApiTokens", "Access", "List the API tokens, newest first; without their secrets.");
        v1.MapPost("/api-tokens", CreateAsync).Takes<CreateApiTokenRequest>()
            .Gives<ApiTokenView>(StatusCodes.Status201Created, "CreateApiToken", "Access", "Make an API token. Its secret is in this answer only.", 409, 422).Hears(CommandHeaders.OfNew);
        v1.MapDelete("/api-tokens/{id}", RevokeAsync).Does("RevokeApiToken", "Access", "Revoke an API token; requests with it are refused from now on.", 404).Hears(CommandHeaders.OfRemoval);
    }

    static async Task<IResult> CreateAsync(HttpContext http, AccessChange change, OrchestratorOptions options, TimeProvider clock)
    {
        if (!(await JsonBody.ReadAsync<CreateApiTokenRequest>(http, options.MaxBodyBytes)).Is(out var request, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        var now = clock.GetUtcNow();
        var expiresAt = request.ExpiresAt?.ToUniversalTime() ?? now.AddDays(DefaultDays);
        if (Validate(request, expiresAt, now) is { Count: > 0 } errors)
        {
            return Problems.Result(http, Refusals.Invalid(errors));
        }

        return await change.MakeAsync<ApiTokenCreated, ApiTokenView>(http, request, StatusCodes.Status201Created, async (tx, trail) =>
        {
            if (await AccessStore.UnknownGroupsAsync(tx, request.Groups, http.RequestAborted) is { Count: > 0 } unknown)
            {
                return AccessRefusals.UnknownGroup(unknown[0], "groups");
            }

            var secret = TokenHash.NewSecret(Prefix);
            var view = new ApiTokenView
            {
                Id = Guid.CreateVersion7(now),
                Name = request.Name,
                Role = request.Role,
                Groups = [.. request.Groups.Distinct(StringComparer.Ordinal)],
                CreatedBy = trail.RequestedBy,
                CreatedAt = now,
                ExpiresAt = expiresAt,
                Token = secret,
            };
            await tx.ExecuteAsync(
                "INSERT INTO orchestrator.api_tokens (id, name, hash, role, groups, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                [view.Id, view.Name, TokenHash.Of(secret), view.Role, view.Groups.ToArray(), view.CreatedBy, view.CreatedAt, view.ExpiresAt], http.RequestAborted);
            return new Made<ApiTokenCreated, ApiTokenView>(
                new() { TokenId = view.Id, Name = view.Name, Role = view.Role, Groups = view.Groups, ExpiresAt = view.ExpiresAt, Trail = trail, Address = http.Address(), At = now }, view, $"/v1/api-tokens/{view.Id}", true);
        });
    }

    static async Task<IResult> RevokeAsync(string id, HttpContext http, AccessChange change, TimeProvider clock)
    {
        if (!Guid.TryParse(id, out var token))
        {
            return Problems.Result(http, AccessRefusals.WrongId(id));
        }

        return await change.RunAsync<ApiTokenRevoked>(http, async (tx, _, trail) =>
        {
            await using var command = tx.Command("UPDATE orchestrator.api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING name", token, clock.GetUtcNow());
            return await command.ExecuteScalarAsync(http.RequestAborted) is string name
                ? new Changed<ApiTokenRevoked>(new() { TokenId = token, Name = name, Trail = trail, Address = http.Address(), At = trail.RequestedAt }, Results.NoContent())
                : AccessRefusals.NoToken(token);
        });
    }

    static SortedDictionary<string, string[]> Validate(CreateApiTokenRequest request, DateTimeOffset expiresAt, DateTimeOffset now)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        if (!AccessNames.IsText(request.Name, 100))
        {
            errors["name"] = [string.Create(CultureInfo.InvariantCulture, $"must be 1 to 100 printable characters, found {request.Name.Length}")];
        }

        if (request.Role == AccessRole.Unknown)
        {
            errors["role"] = ["must be Viewer, Operator or Admin"];
        }

        if (request.Groups.Count is < 1 or > 100)
        {
            errors["groups"] = [string.Create(CultureInfo.InvariantCulture, $"must be 1 to 100 names of resource groups, or *, found {request.Groups.Count}")];
        }

        if (expiresAt <= now || expiresAt > now.AddDays(MaxDays))
        {
            errors["expiresAt"] = [string.Create(CultureInfo.InvariantCulture, $"must be in the future and within {MaxDays} days")];
        }

        return errors;
    }
}
