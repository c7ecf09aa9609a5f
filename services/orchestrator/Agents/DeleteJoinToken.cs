using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Agents;

/// <summary><c>DELETE /v1/join-tokens/{id}</c>: nobody joins with it any more. Who has joined stays.</summary>
internal static class DeleteJoinToken
{
    public static void Map(RouteGroupBuilder v1) => v1.MapDelete("/join-tokens/{id}", HandleAsync)
        .Does("DeleteJoinToken", "Agents", "Delete a join token: nobody can join with it any more. An agent that has joined with it stays.", 403, 404);

    static async Task<IResult> HandleAsync(string id, HttpContext http, [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, ILogger<CreateJoinTokenBody> log)
    {
        if (!RouteIds.TryRead<JoinTokenId>(id, out var token, out var refusal) || !CommandHeaders.Read(http).Is(out var headers, out refusal))
        {
            return Problems.Result(http, refusal);
        }

        await using var tx = await database.BeginAsync(http.RequestAborted);
        if (await tx.ExecuteAsync("DELETE FROM join_tokens WHERE id = $1", [token.Value], http.RequestAborted) == 0)
        {
            return Problems.Result(http, AgentRefusals.JoinTokenNotFound(token));
        }

        await tx.CommitAsync(CancellationToken.None);
        Log.JoinTokenDeleted(log, token, headers.RequestedBy);
        return Results.NoContent();
    }
}
