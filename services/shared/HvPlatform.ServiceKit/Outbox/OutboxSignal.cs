namespace HvPlatform.ServiceKit.Outbox;

/// <summary>Wakes the relay of this process after a commit that wrote outbox rows. Signals that nobody waits for melt into one.</summary>
internal sealed class OutboxSignal
{
    readonly SemaphoreSlim wake = new(0);

    public void Set()
    {
        if (wake.CurrentCount == 0)
        {
            wake.Release();
        }
    }

    /// <summary>Waits for a signal, at most <paramref name="timeout"/>.</summary>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await wake.WaitAsync(timeout, cancellationToken);
        while (wake.Wait(0, CancellationToken.None))
        {
        }
    }
}
