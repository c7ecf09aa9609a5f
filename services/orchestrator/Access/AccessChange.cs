using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Access;

/// <summary>The way of every change of who may do what: one transaction with the change and the event that tells it.</summary>
internal sealed class AccessChange([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, AccessStore store, TimeProvider clock)
{
    /// <summary>Runs a change. <paramref name="change"/> returns the event and the answer, or why not.</summary>
    public async Task<IResult> RunAsync<TEvent>(HttpContext http, Func<HvTransaction, Trail, Task<Outcome<Changed<TEvent>>>> change)
        where TEvent : class
    {
        if (!CommandHeaders.Read(http).Is(out var headers, out var wrong))
        {
            return Problems.Result(http, wrong);
        }

        await using var tx = await database.BeginAsync(http.RequestAborted);
        if (!(await change(tx, headers.Trail(clock.GetUtcNow()))).Is(out var changed, out var refusal))
        {
            return Problems.Result(http, refusal);
        }

        tx.Publish(changed.Event, AccessStream.Id);
        await tx.CommitAsync(CancellationToken.None);
        store.Forget();
        return changed.Answer;
    }
}

/// <summary>What a change comes to.</summary>
internal sealed record Changed<TEvent>(TEvent Event, IResult Answer);
