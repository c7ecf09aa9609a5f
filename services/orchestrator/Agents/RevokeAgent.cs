using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>
/// <c>DELETE /v1/agents/{id}</c>: the agent is cut off for good. Its certificates go onto the list of revoked ones, its user at the broker goes, its connections are closed.
/// Its hosts are free for another agent.
/// </summary>
internal static class RevokeAgent
{
    public static void Map(RouteGroupBuilder v1) => v1.MapDelete("/agents/{id}", HandleAsync)
        .Gives<AgentView>(StatusCodes.Status200OK, "RevokeAgent", "Agents", "Revoke an agent: it is cut off from the broker and cannot come back. To return, the machine joins anew.", 403, 404);

    static async Task<IResult> HandleAsync(
        string id, HttpContext http, BrokerSync brokerSync, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock, ILogger<AgentView> log)
    {
        if (!RouteIds.TryRead<AgentId>(id, out var agent, out var refusal) || !CommandHeaders.Read(http).Is(out var headers, out refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using (var tx = await database.BeginAsync(http.RequestAborted))
        {
            if (!await AgentStore.RevokeAsync(tx, agent, headers.RequestedBy, clock.GetUtcNow(), http.RequestAborted))
            {
                return Problems.Result(http, AgentRefusals.AgentNotFound(agent));
            }

            await tx.CommitAsync(CancellationToken.None);
        }

        Log.AgentRevoked(log, agent, headers.RequestedBy);
        await brokerSync.TellAsync(agent, CancellationToken.None);
        await using var connection = await database.DataSource.OpenConnectionAsync(CancellationToken.None);
        return Resources.Ok((await AgentStore.ViewAsync(connection, agent, CancellationToken.None))!);
    }
}
