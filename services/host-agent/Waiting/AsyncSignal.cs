namespace HvPlatform.HostAgent.Waiting;

/// <summary>A wish that one reader waits for; several before it looks are one. It goes on in the reader's context.</summary>
sealed class AsyncSignal
{
    readonly Lock _gate = new();
    TaskCompletionSource _set = New();

    public void Set()
    {
        lock (_gate)
        {
            _set.TrySetResult();
        }
    }

    /// <summary>Returns when it was set, or when the token is cancelled.</summary>
    public async Task WaitAsync(CancellationToken until)
    {
        TaskCompletionSource set;
        lock (_gate)
        {
            set = _set;
        }

        // One of its own: completing a shared one would leave it set.
        using (until.UnsafeRegister(_ => Set(), null))
        {
            await set.Task;
        }

        lock (_gate)
        {
            _set = New();
        }
    }

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
