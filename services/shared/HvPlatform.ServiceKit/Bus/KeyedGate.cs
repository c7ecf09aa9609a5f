namespace HvPlatform.ServiceKit.Bus;

/// <summary>
/// Lets deliveries with the same key through one at a time, in the order they came, and others at once: what the relay sent in order per key
/// is worked on in that order even on a queue with many concurrent deliveries.
/// </summary>
internal sealed class KeyedGate
{
    readonly Dictionary<Guid, Task> last = [];

    /// <summary>Runs the work when all that came before with the key is done. The place in the row is taken before this returns.</summary>
    public async Task RunAsync(Guid key, Func<Task> work)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task? before;
        lock (last)
        {
            last.TryGetValue(key, out before);
            last[key] = mine.Task;
        }

        try
        {
            if (before is not null)
            {
                await before;
            }

            await work();
        }
        finally
        {
            lock (last)
            {
                if (last[key] == mine.Task)
                {
                    last.Remove(key);
                }
            }

            mine.SetResult();
        }
    }
}
