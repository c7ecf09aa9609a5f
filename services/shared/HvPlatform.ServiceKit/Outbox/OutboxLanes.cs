namespace HvPlatform.ServiceKit.Outbox;

/// <summary>
/// The rows on their way to the broker: keys side by side, the rows of one key one after the other. When a row fails, the rows of its key behind it
/// are given back unsent, to be read again after it.
/// </summary>
internal sealed class OutboxLanes(Func<OutboxRow, CancellationToken, Task> send, Action changed, CancellationToken cancellationToken)
{
    const int WorthDeleting = 100;
    readonly Dictionary<Guid, Queue<OutboxRow>> lanes = [];
    readonly HashSet<Guid> failedKeys = [];
    readonly HashSet<long> inFlight = [];
    readonly List<Outcome> outcomes = [];

    /// <summary>Rows that were added and not taken out with <see cref="Drain"/> yet.</summary>
    public int Count => inFlight.Count;

    public long[] InFlightIds() => [.. inFlight];

    /// <summary>
    /// Adds rows in the order in which they are to be sent. A row whose key has failed since the last <see cref="Drain"/> is left out:
    /// it must not overtake the one that failed, and is read again.
    /// </summary>
    public void Add(List<OutboxRow> rows)
    {
        foreach (var row in rows)
        {
            lock (lanes)
            {
                if (failedKeys.Contains(row.Key))
                {
                    continue;
                }

                inFlight.Add(row.Id);
                if (lanes.TryGetValue(row.Key, out var lane))
                {
                    lane.Enqueue(row);
                    continue;
                }

                lanes.Add(row.Key, new([row]));
            }

            _ = RunAsync(row.Key);
        }
    }

    /// <summary>Takes out what ended since the last call: sent, failed, or given back unsent behind a failure.</summary>
    public List<Outcome> Drain()
    {
        lock (lanes)
        {
            List<Outcome> drained = [.. outcomes];
            outcomes.Clear();
            failedKeys.Clear();
            drained.ForEach(o => inFlight.Remove(o.Row.Id));
            return drained;
        }
    }

    /// <summary>Returns when nothing is on its way any more; after a cancellation that is soon.</summary>
    public async Task StoppedAsync()
    {
        while (true)
        {
            lock (lanes)
            {
                if (lanes.Count == 0)
                {
                    return;
                }
            }

            await Task.Delay(5, CancellationToken.None);
        }
    }

    async Task RunAsync(Guid key)
    {
        while (Next(key) is { } row)
        {
            try
            {
                await send(row, cancellationToken);
            }
            catch (Exception e)
            {
                GiveBack(key, new(row, false, cancellationToken.IsCancellationRequested ? null : e));
                changed();
                return;
            }

            if (Sent(row))
            {
                changed();
            }
        }
    }

    /// <summary>True when it is worth a round trip to delete what was sent: many rows, or the last one.</summary>
    bool Sent(OutboxRow row)
    {
        lock (lanes)
        {
            outcomes.Add(new(row, true, null));
            return outcomes.Count >= WorthDeleting || outcomes.Count == inFlight.Count;
        }
    }

    OutboxRow? Next(Guid key)
    {
        lock (lanes)
        {
            if (lanes[key].TryDequeue(out var row))
            {
                return row;
            }

            lanes.Remove(key);
            return null;
        }
    }

    void GiveBack(Guid key, Outcome failed)
    {
        lock (lanes)
        {
            failedKeys.Add(key);
            outcomes.Add(failed);
            foreach (var behind in lanes[key])
            {
                outcomes.Add(new(behind, false, null));
            }

            lanes.Remove(key);
        }
    }

    /// <summary>How a row ended. Neither sent nor an error: it was given back unsent.</summary>
    public sealed record Outcome(OutboxRow Row, bool Sent, Exception? Error);
}
