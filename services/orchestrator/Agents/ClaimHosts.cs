using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>The body of <c>POST /v1/agents/hosts</c>, signed with the key of the agent's certificate.</summary>
internal sealed record ClaimHostsBody : SignedBody
{
    /// <summary>The hosts the agent manages.</summary>
    public required IReadOnlyList<ClaimedHost> Hosts { get; init; }
}

/// <summary>A host an agent manages.</summary>
internal sealed record ClaimedHost
{
    public required HostId Id { get; init; }

    /// <summary>At most 255 characters, in one line.</summary>
    public required string Name { get; init; }
}

/// <summary>
/// <c>POST /v1/agents/hosts</c>: an agent says which hosts it manages before it reads their queues. The first that claims a new host has it until it is revoked; another's
/// claim is refused, and all of that claim with it; the answer names every host that is the reason. So is the claim of a host that the platform knows already, until an administrator approves it (<see cref="ApproveHost"/>).
/// </summary>
internal static class ClaimHosts
{
    const int MaxHosts = 250;
    const int MaxName = 255;

    public static void Map(RouteGroupBuilder v1) => v1.MapPost("/agents/hosts", HandleAsync)
        .Does("ClaimHosts", "Agents", "Bind hosts to the agent that manages them. The request is signed with the key of the agent's certificate.", 403, 409, 503)
        .Takes<ClaimHostsBody>()
        .WithMetadata(new Anonymous());

    static async Task<IResult> HandleAsync(
        HttpContext http, BrokerSync brokerSync, RefusalLog refusals, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock, ILogger<ClaimHostsBody> log)
    {
        if (!(await JsonBody.ReadAsync<ClaimHostsBody>(http, options.MaxBodyBytes)).Is(out var body, out var refusal) || (refusal = Check(body)) is not null)
        {
            return Problems.Result(http, refusal);
        }

        var now = clock.GetUtcNow();
        await using var tx = await database.BeginAsync(http.RequestAborted);
        var content = string.Join('\n', body.Hosts.Select(h => $"{h.Id} {h.Name}"));
        if (!(await SignedRequest.ReadAsync(tx, body, AgentSignature.Hosts, content, now, http.RequestAborted)).Is(out var agent, out refusal))
        {
            Log.AgentRefused(log, body.Serial, refusal.Error.Message);
            refusals.Note(http, null, refusal.Error.Code);
            return Problems.Result(http, refusal);
        }

        var (first, refused) = (new List<ClaimedHost>(), new List<(int Index, ClaimedHost Host, Refusal Refusal)>());
        foreach (var (index, host) in body.Hosts.Index().OrderBy(h => h.Item.Id.Value))
        {
            var (why, isFirst) = await AgentStore.BindHostAsync(tx, agent.Id, host.Id, host.Name, approved: false, now, http.RequestAborted);
            if (why is not null)
            {
                Log.HostClaimRefused(log, agent.Id, host.Id, why.Error.Message, why.Error.Advice);
                refusals.Note(http, $"agent:{agent.Id}", why.Error.Code);
                refused.Add((index, host, why));
            }
            else if (isFirst)
            {
                tx.Publish(new AgentHostClaimed { AgentId = agent.Id, HostId = host.Id, HostName = host.Name, Address = http.Address(), At = now }, AccessStream.Id);
                first.Add(host);
            }
        }

        if (refused.Count > 0)
        {
            return Problems.Result(http, AgentRefusals.Hosts(refused));
        }

        await AgentStore.TellBrokerAsync(tx, agent.Id, now, http.RequestAborted);
        await tx.CommitAsync(CancellationToken.None);
        foreach (var host in first)
        {
            Log.HostClaimed(log, host.Id, host.Name, agent.Id);
        }

        return await brokerSync.TellAsync(agent.Id, CancellationToken.None)
            ? Results.NoContent()
            : Problems.Result(http, Refusals.Of(ErrorKind.Transient, "broker-unavailable", "The hosts are bound to the agent, but the broker could not be told yet, so the agent cannot read their queues.",
                "Ask again shortly; the orchestrator's log says what the broker's management API answered.") with
            { RetryAfterSeconds = options.RetryAfterSeconds });
    }

    static Refusal? Check(ClaimHostsBody body)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        if (body.Hosts.Count is 0 or > MaxHosts)
        {
            errors["hosts"] = [$"must be 1 to {MaxHosts} hosts; more than that need more agents"];
        }
        else if (body.Hosts.FirstOrDefault(h => h.Name.Length is 0 or > MaxName || h.Name.Any(char.IsControl)) is { } wrong)
        {
            errors[$"hosts[{body.Hosts.Index().First(h => h.Item == wrong).Index}].name"] = [$"must be 1 to {MaxName} printable characters"];
        }

        return errors.Count > 0 ? Refusals.Invalid(errors) : null;
    }
}
