namespace HvPlatform.Hypervisors.HyperV.Cim.Wmi;

/// <summary>Runs calls that block and cannot be interrupted: each on a thread of its own, at most so many at a time.</summary>
internal sealed class BlockingCalls(int most)
{
    private readonly SemaphoreSlim free = new(most);

    /// <summary>Runs a call. Cancelling keeps it from beginning, or leaves it to end by itself: for calls that own all they use.</summary>
    public async Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        var running = await BeginAsync(call, cancellationToken);
        return await running.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Runs a call. Cancelling keeps it from beginning; once begun it is waited for, and its result given: for calls that use what the caller disposes of afterwards.
    /// </summary>
    public async Task<T> RunToEndAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        var running = await BeginAsync(call, cancellationToken);
        return await running;
    }

    // A task of a task, so that the call can be awaited or left.
    private async Task<Task<T>> BeginAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        await free.WaitAsync(cancellationToken);
        var running = Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        _ = running.ContinueWith(_ => free.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return running;
    }
}
