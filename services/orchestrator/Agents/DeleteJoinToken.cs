using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Agents;

/// <summary><c>DELETE /v1/join-tokens/{id}</c>: nobody joins with it any more. Who has joined stays.</summary>
internal static class DeleteJoinToken
{
    public static void Map(RouteGroupBuilder v1) => v1.MapDelete("/join-tokens/{id}", HandleAsync)
        .Does("DeleteJoinToken", "Agents", "Delete a join token: nobody can join with it any more. An agent that has joined with it stays.", 403, 404).Hears(CommandHeaders.OfRemoval);

    static async Task<IResult> HandleAsync(string id, HttpContext http, AccessChange change, ILogger<CreateJoinTokenBody> log)
    {
        if (!RouteIds.TryRead<JoinTokenId>(id, out var token, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        return await change.RunAsync<JoinTokenDeleted>(http, async (tx, _, trail) =>
        {
            if (await tx.ExecuteAsync("DELETE FROM join_tokens WHERE id = $1", [token.Value], http.RequestAborted) == 0)
            {
                return AgentRefusals.JoinTokenNotFound(token);
            }

            Log.JoinTokenDeleted(log, token, trail.RequestedBy);
            return new Changed<JoinTokenDeleted>(new() { TokenId = token, Trail = trail, Address = http.Address(), At = trail.RequestedAt }, Results.NoContent());
        });
    }
}
