using System.Collections.Concurrent;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// Tokens and cookies that were good a while ago. A request with one of them is let through to the one question whether it still is; any other has to come within the limit
/// of its address first, for it may be a guess. So guesses cost no database, and nobody who is known waits because of somebody who guesses from the same address. Kept as hashes.
/// </summary>
internal sealed class GoodCredentials(TimeProvider clock)
{
    const int MaxRemembered = 10_000;
    static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    readonly ConcurrentDictionary<string, long> seen = new(StringComparer.Ordinal);

    /// <summary>Whether it was good within the last ten minutes.</summary>
    public bool Contains(string? credential) => credential is not null && seen.TryGetValue(Key(credential), out var at) && clock.GetElapsedTime(at) < Lifetime;

    /// <summary>It is good.</summary>
    public void Add(string? credential)
    {
        if (credential is null)
        {
            return;
        }

        if (seen.Count >= MaxRemembered)
        {
            seen.Clear();
        }

        seen[Key(credential)] = clock.GetTimestamp();
    }

    /// <summary>It is not, or not any more.</summary>
    public void Remove(string? credential)
    {
        if (credential is not null)
        {
            seen.TryRemove(Key(credential), out _);
        }
    }

    static string Key(string credential) => Convert.ToHexString(TokenHash.Of(credential));
}
