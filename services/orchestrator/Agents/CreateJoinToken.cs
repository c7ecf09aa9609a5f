using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>The body of <c>POST /v1/join-tokens</c>.</summary>
internal sealed record CreateJoinTokenBody
{
    /// <summary>What to call the agent; at most 100 characters.</summary>
    public string? Name { get; init; }

    /// <summary>How long the token is good, minutes: 1 to 60.</summary>
    public int ValidForMinutes { get; init; } = 30;

    /// <summary>
    /// Hosts that the platform knows already and that whoever joins with the token is to manage, at most 250: for an agent that has worked without a certificate, or in place of one
    /// that was revoked. New hosts need not be named.
    /// </summary>
    public IReadOnlyList<HostId> Hosts { get; init; } = [];
}

/// <summary><c>POST /v1/join-tokens</c>: a token that one agent can join with, and the command to do so.</summary>
internal static class CreateJoinToken
{
    const int MaxName = 100;
    const int MaxMinutes = 60;
    const int MaxHosts = 250;

    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/join-tokens", HandleAsync)
        .Gives<NewJoinTokenView>(StatusCodes.Status201Created, "CreateJoinToken", "Agents", "Make a token that one agent can join with. Its secret is told this once.", 403, 409, 422, 503)
        .Hears(CommandHeaders.OfNew)
        .Takes<CreateJoinTokenBody>();

    static async Task<IResult> HandleAsync(HttpContext http, PlatformCa platformCa, AccessChange change, OrchestratorOptions options, ILogger<CreateJoinTokenBody> log)
    {
        if (!(await JsonBody.ReadAsync<CreateJoinTokenBody>(http, options.MaxBodyBytes)).Is(out var body, out var refusal)
            || (refusal = Check(body)) is not null
            || !platformCa.Get().Is(out var ca, out refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await change.MakeAsync<JoinTokenCreated, NewJoinTokenView>(http, body, StatusCodes.Status201Created, async (tx, trail) =>
        {
            foreach (var host in body.Hosts)
            {
                if (await AgentStore.NameOfAsync(tx, host, http.RequestAborted) is null)
                {
                    return Refusals.UnknownHostInBody(host, "hosts");
                }
            }

            var view = View(http, body, PlatformCertificate.Fingerprint(ca.Certificate), options, trail.RequestedAt);
            await tx.ExecuteAsync(
                "INSERT INTO join_tokens (id, hash, name, created_at, created_by, expires_at, hosts) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                [view.Id.Value, TokenHash.Of(view.Token), Db.Text(view.Name), trail.RequestedAt, trail.RequestedBy, view.ExpiresAt, view.Hosts.Select(h => h.Value).ToArray()], http.RequestAborted);
            Log.JoinTokenMade(log, view.Id, trail.RequestedBy, view.ExpiresAt);
            return new Made<JoinTokenCreated, NewJoinTokenView>(
                new() { TokenId = view.Id, Name = view.Name, HostIds = view.Hosts, ExpiresAt = view.ExpiresAt, Trail = trail, Address = http.Address(), At = trail.RequestedAt },
                view, $"/v1/join-tokens/{view.Id}", true);
        });
    }

    static NewJoinTokenView View(HttpContext http, CreateJoinTokenBody body, string fingerprint, OrchestratorOptions options, DateTimeOffset now)
    {
        var secret = TokenHash.NewSecret("hvj_");
        var url = options.PublicUrl?.GetLeftPart(UriPartial.Path).TrimEnd('/') ?? $"{http.Request.Scheme}://{http.Request.Host}";
        return new()
        {
            Id = JoinTokenId.New(),
            Name = body.Name,
            Token = secret,
            ExpiresAt = now.AddMinutes(body.ValidForMinutes),
            Command = $"host-agent join --url {url} --token {secret} --ca-fingerprint {fingerprint}",
            CaFingerprint = fingerprint,
            Hosts = [.. body.Hosts.Distinct()],
        };
    }

    static Refusal? Check(CreateJoinTokenBody body)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        if (body.Name is { } name && (name.Length is 0 or > MaxName || name.Any(char.IsControl)))
        {
            errors["name"] = [$"must be 1 to {MaxName} printable characters"];
        }

        if (body.ValidForMinutes is < 1 or > MaxMinutes)
        {
            errors["validForMinutes"] = [$"must be 1 to {MaxMinutes}"];
        }

        if (body.Hosts.Count > MaxHosts)
        {
            errors["hosts"] = [$"must be at most {MaxHosts} hosts; more than that need more agents"];
        }

        return errors.Count > 0 ? Refusals.Invalid(errors) : null;
    }
}
