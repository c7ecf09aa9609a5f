using System.Collections.Concurrent;
using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// A few threads for native calls, which block: a host that does not answer must not take the thread pool with it.
/// A call that has begun runs to its end; cancelling only keeps it from beginning.
/// </summary>
internal sealed class NativeWorkers : IDisposable
{
    readonly BlockingCollection<Action> queue = new(boundedCapacity: 1024);

    public NativeWorkers(int threads, string name)
    {
        for (var i = 0; i < threads; i++)
        {
            new Thread(Work) { IsBackground = true, Name = $"{name}-{i}" }.Start();
        }
    }

    public Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepted = TryAdd(
            () =>
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    done.SetCanceled(cancellationToken);
                    return;
                }

                try
                {
                    done.SetResult(call());
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            });
        return accepted
            ? done.Task
            : throw LibvirtErrors.Own(
                ErrorKind.Transient, "driver-busy", "The driver is closed or has more calls waiting than it takes.", Environment.MachineName, "Try again later.");
    }

    /// <summary>Runs a call that may take minutes on a thread of its own.</summary>
    public static Task<T> RunLongAsync<T>(Func<T> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>Lets the threads end once the queue is empty.</summary>
    public void Dispose() => queue.CompleteAdding();

    bool TryAdd(Action call)
    {
        try
        {
            return queue.TryAdd(call);
        }
        catch (InvalidOperationException) when (queue.IsAddingCompleted)
        {
            return false;
        }
    }

    void Work()
    {
        foreach (var call in queue.GetConsumingEnumerable())
        {
            call();
        }
    }
}
