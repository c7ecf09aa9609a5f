namespace HvPlatform.HostAgent.Waiting;

/// <summary>
/// Lets a few in at a time, in the order they came. Unlike a semaphore of the library it goes on in the caller's context, so that it can be simulated on
/// one thread.
/// </summary>
sealed class AsyncGate(int places)
{
    readonly Lock _gate = new();
    readonly Queue<TaskCompletionSource> _waiting = new();
    int _free = places;

    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }

        using var leaving = cancellationToken.UnsafeRegister((_, token) => turn.TrySetCanceled(token), null);
        await turn.Task;
    }

    public void Leave()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var next))
            {
                if (next.TrySetResult())
                {
                    return;
                }
            }

            _free++;
        }
    }
}
