using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>
/// <c>DELETE /v1/agents/{id}</c>: the agent is cut off for good. Its certificates go onto the list of revoked ones, its user at the broker goes, its connections are closed.
/// Its hosts are given to another agent by an administrator only (<see cref="ApproveHost"/>, <see cref="CreateJoinToken"/>).
/// </summary>
internal static class RevokeAgent
{
    public static void Map(RouteGroupBuilder v1) => v1.MapDelete("/agents/{id}", HandleAsync)
        .Gives<AgentView>(StatusCodes.Status200OK, "RevokeAgent", "Agents", "Revoke an agent: it is cut off from the broker and cannot come back. To return, the machine joins anew.", 403, 404, 412)
        .Hears(CommandHeaders.OfChange);

    static async Task<IResult> HandleAsync(
        string id, HttpContext http, BrokerSync brokerSync, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock, ILogger<AgentView> log)
    {
        if (!RouteIds.TryRead<AgentId>(id, out var agent, out var refusal) || !CommandHeaders.Read(http).Is(out var headers, out refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using (var tx = await database.BeginAsync(http.RequestAborted))
        {
            if (await AgentStore.LockAsync(tx, agent, http.RequestAborted) is not var (hostName, revokedAt))
            {
                return Problems.Result(http, AgentRefusals.AgentNotFound(agent));
            }

            if (await AgentStore.WhyChangedAsync(tx, agent, headers.IfMatch, http.RequestAborted) is { } changed)
            {
                return Problems.Result(http, changed);
            }

            var now = clock.GetUtcNow();
            await AgentStore.RevokeAsync(tx, agent, headers.RequestedBy, now, http.RequestAborted);
            if (revokedAt is null)
            {
                tx.Publish(new AgentRevoked { AgentId = agent, HostName = hostName, Trail = headers.Trail(now), Address = http.Address(), At = now }, AccessStream.Id);
            }

            await tx.CommitAsync(CancellationToken.None);
        }

        Log.AgentRevoked(log, agent, headers.RequestedBy);
        await brokerSync.TellAsync(agent, CancellationToken.None);
        await using var connection = await database.DataSource.OpenConnectionAsync(CancellationToken.None);
        return Resources.Ok((await AgentStore.ViewAsync(connection, agent, CancellationToken.None))!);
    }
}
