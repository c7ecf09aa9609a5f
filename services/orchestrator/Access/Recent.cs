using System.Collections.Concurrent;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// Answers of the database that are used again for a moment, so that not each request of a caller asks. Another process's change is seen after
/// that moment; a change made here at once, by <see cref="Forget"/>.
/// </summary>
internal sealed class Recent<TValue>(TimeProvider clock, TimeSpan lifetime, int capacity)
{
    readonly ConcurrentDictionary<string, (TValue Value, long At)> entries = new(StringComparer.Ordinal);

    /// <summary>The answer of a moment ago, or a new one.</summary>
    public async Task<TValue> GetAsync(string key, Func<Task<TValue>> read)
    {
        if (entries.TryGetValue(key, out var entry) && clock.GetElapsedTime(entry.At) < lifetime)
        {
            return entry.Value;
        }

        var at = clock.GetTimestamp();
        var value = await read();
        if (entries.Count >= capacity)
        {
            // Whoever asks for very many different keys gets no memory of this process for it.
            entries.Clear();
        }

        entries[key] = (value, at);
        return value;
    }

    /// <summary>The next request asks again, whatever it asks for.</summary>
    public void Forget() => entries.Clear();
}
