using System.Collections.Concurrent;
using HvPlatform.Contracts.History;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Access;

/// <summary>Tells the history who signed in: each session, and each token of the issuer when it is first seen by this process.</summary>
internal sealed class SignIns([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
{
    const int MaxRemembered = 10_000;

    readonly ConcurrentDictionary<string, byte> seen = new(StringComparer.Ordinal);

    /// <summary>Tells a sign-in.</summary>
    public async Task TellAsync(HttpContext http, Caller caller)
    {
        await using var tx = await database.BeginAsync(http.RequestAborted);
        tx.Publish(new SignedIn { Caller = caller.InHistory, Subject = caller.Subject, Address = http.Address(), At = clock.GetUtcNow() }, AccessStream.Id);
        await tx.CommitAsync(CancellationToken.None);
    }

    /// <summary>Tells a sign-in by a token, unless this process has seen the token before.</summary>
    public async Task TellOnceAsync(HttpContext http, Caller caller, string token)
    {
        if (seen.Count >= MaxRemembered)
        {
            seen.Clear();
        }

        if (seen.TryAdd(Convert.ToHexString(TokenHash.Of(token)), 0))
        {
            await TellAsync(http, caller);
        }
    }
}
