using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>
/// <c>PUT /v1/agents/{id}/hosts/{hostId}</c>: an administrator gives an agent a host that the platform knows and that no live agent has. The agent's next claim of it goes through.
/// </summary>
internal static class ApproveHost
{
    public static void Map(RouteGroupBuilder v1) => v1.MapPut("/agents/{id}/hosts/{hostId}", HandleAsync)
        .Gives<AgentView>(StatusCodes.Status200OK, "ApproveAgentHost", "Agents", "Give an agent a host that the platform knows already and that no other agent has.", 403, 404, 409, 412)
        .Hears(CommandHeaders.OfChange);

    static async Task<IResult> HandleAsync(
        string id, string hostId, HttpContext http, BrokerSync brokerSync, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock, ILogger<AgentView> log)
    {
        if (!RouteIds.TryRead<AgentId>(id, out var agent, out var refusal) || !RouteIds.TryRead<HostId>(hostId, out var host, out refusal) || !CommandHeaders.Read(http).Is(out var headers, out refusal))
        {
            return Problems.Result(http, refusal);
        }

        var now = clock.GetUtcNow();
        string name;
        await using (var tx = await database.BeginAsync(http.RequestAborted))
        {
            if (await AgentStore.LockAsync(tx, agent, http.RequestAborted) is not var (_, revoked))
            {
                return Problems.Result(http, AgentRefusals.AgentNotFound(agent));
            }

            if (revoked is { } at)
            {
                return Problems.Result(http, AgentRefusals.AgentRevoked(agent, at));
            }

            if (await AgentStore.WhyChangedAsync(tx, agent, headers.IfMatch, http.RequestAborted) is { } changed)
            {
                return Problems.Result(http, changed);
            }

            if (await AgentStore.NameOfAsync(tx, host, http.RequestAborted) is not { } known)
            {
                return Problems.Result(http, Refusals.HostNotFound(host));
            }

            name = known;
            var had = await AgentStore.HasHostAsync(tx, agent, host, http.RequestAborted);
            if ((await AgentStore.BindHostAsync(tx, agent, host, name, approved: true, now, http.RequestAborted)).Refusal is { } taken)
            {
                return Problems.Result(http, taken);
            }

            if (!had)
            {
                var trail = headers.Trail(now);
                tx.Publish(new AgentHostApproved { AgentId = agent, HostId = host, HostName = name, Trail = trail, Address = http.Address(), At = now }, AccessStream.Id);
            }

            // What the agent itself did last is not meant here: only that the broker has to know.
            await tx.ExecuteAsync("UPDATE agents SET at_broker = false WHERE id = $1", [agent.Value], http.RequestAborted);
            await tx.CommitAsync(CancellationToken.None);
        }

        Log.HostApproved(log, host, name, agent, headers.RequestedBy);
        await brokerSync.TellAsync(agent, CancellationToken.None);
        await using var connection = await database.DataSource.OpenConnectionAsync(CancellationToken.None);
        var view = (await AgentStore.ViewAsync(connection, agent, CancellationToken.None))!;
        http.Response.Headers.ETag = view.Etag();
        return Resources.Ok(view);
    }
}
