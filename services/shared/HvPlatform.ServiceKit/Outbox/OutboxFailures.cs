namespace HvPlatform.ServiceKit.Outbox;

/// <summary>Which keys wait after a failure, how long, and how often their first row failed. Lost at a restart, which only starts the counting anew.</summary>
internal sealed class OutboxFailures
{
    readonly Dictionary<Guid, (long RowId, int Tries, int Counted, DateTimeOffset RetryAt)> byKey = [];

    /// <summary>When the first withheld key may try again; null if none is withheld.</summary>
    public DateTimeOffset? NextRetryAt(DateTimeOffset now) => byKey.Values.Where(f => f.RetryAt > now).Select(f => (DateTimeOffset?)f.RetryAt).Min();

    public Guid[] WithheldKeys(DateTimeOffset now) => byKey.Count == 0 ? [] : [.. byKey.Where(f => f.Value.RetryAt > now).Select(f => f.Key)];

    /// <summary>Notes a failure and returns how many tries there were, and how many count. A failure that is the broker's, not the row's, delays but does not count.</summary>
    public (int Tries, int Counted) Failed(OutboxRow row, bool counts, DateTimeOffset now)
    {
        var before = byKey.TryGetValue(row.Key, out var f) && f.RowId == row.Id ? f : default;
        var (tries, counted) = (before.Tries + 1, before.Counted + (counts ? 1 : 0));
        var delay = TimeSpan.FromMilliseconds(Math.Min(50 * Math.Pow(2, Math.Min(tries, 10)), 5000));
        byKey[row.Key] = (row.Id, tries, counted, now + delay);
        return (tries, counted);
    }

    /// <summary>Whether any key waits or waited and has not succeeded since.</summary>
    public bool Any => byKey.Count > 0;

    public void Succeeded(OutboxRow row)
    {
        if (byKey.Count > 0 && byKey.TryGetValue(row.Key, out var f) && f.RowId == row.Id)
        {
            byKey.Remove(row.Key);
        }
    }

    /// <summary>
    /// Forgets failures whose row is gone, as a timer's that was cancelled or replaced. The rows are all that waited at <paramref name="now"/> and are not on their way.
    /// </summary>
    public void ForgetGone(List<OutboxRow> waiting, long[] inFlight, DateTimeOffset now)
    {
        foreach (var (key, failure) in byKey)
        {
            if (failure.RetryAt <= now && !inFlight.Contains(failure.RowId) && !waiting.Exists(r => r.Id == failure.RowId))
            {
                byKey.Remove(key);
            }
        }
    }

    public void Forget(OutboxRow row) => byKey.Remove(row.Key);
}
